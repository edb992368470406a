# A pull request against its base, each built from its commit and measured beside the
# other. The workflow .github/workflows/pull-request.yml runs it; by hand:
#
#   assay run experiments/pull-request --var base=main

variable "base" {
  type        = string
  description = "branch or commit to compare with"
}

variable "head" {
  type        = string
  default     = null
  description = "branch or commit of the change; null: the working tree as it stands"
}

experiment "pull_request" {
  description = "Does this change make decode slower?"
  plugin      = "gather-qmm"
  device      = "cpu"

  build {
    command = ["go", "build", "-trimpath", "-o", "assay-plugin-gather-qmm", "./plugins/gather-qmm"]
    env     = { CGO_ENABLED = "0" }
  }
  binary = "${build.dir}/assay-plugin-gather-qmm"

  config {
    model = "tiny"
    fused = true
  }
  variant "base" {
    baseline = true
    build { ref = var.base }
  }
  variant "head" {
    build { ref = var.head }
  }

  measure {
    phases = ["decode"]
    budget = "5m"
  }

  # A shared runner is noisy: a loss below this is for a quiet machine to find.
  guardrail "no_decode_regression" {
    phase  = "decode"
    margin = 0.05
  }
}
