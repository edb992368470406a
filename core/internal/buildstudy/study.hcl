variable "ref" {
  type        = string
  description = "What is compared with main"
}
variable "same" {
  type        = string
  default     = null
  description = "The variant that it is the same as"
}

experiment "build_study" {
  description = "Does a session find a loss between two builds, and nothing where nothing is?"
  plugin      = "spin"
  device      = "cpu"

  build {
    repo    = "../repo"
    command = ["go", "build", "-o", "assay-plugin-spin", "."]
    env     = { GOPROXY = "off", GOFLAGS = "-mod=mod" }
  }
  binary = "${build.dir}/assay-plugin-spin"

  variant "main" {
    baseline = true
    build { ref = "main" }
  }
  variant "candidate" {
    same_as = var.same
    build { ref = var.ref }
  }

  measure {
    rounds     = 8
    max_rounds = 16
    visit      = "24ms"
    passes     = 6
    warmup_max = "60ms"
  }
  guardrail "no_regression" {
    phase  = "multiply"
    margin = 0.03
  }
}
