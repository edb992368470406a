assay {
  required_version = ">= 0.1"
  required_plugins {
    fake = { source = "assay/fake", version = "~> 0.1" }
  }
}

variable "model" {
  type        = string
  default     = "small"
  description = "Shape preset"
  validation {
    condition     = length(var.model) > 0
    error_message = "model must not be empty"
  }
}

locals { layers = device.kind == "cpu" ? 2 : 48 }

experiment "first" {
  description = "A question"
  plugin      = "fake"
  device      = "auto"
  depends_on  = [experiment.second]
  when        = experiment.second.verdict == "fail"

  matrix  = { bits = [4, 8], tokens = [1, 4] }
  exclude = [{ bits = 8, tokens = 4 }]

  config {
    model      = var.model
    bits       = matrix.bits
    tokens     = matrix.tokens
    group_size = 64
    layers     = local.layers
  }

  variant "separate" {
    baseline = true
    config { fused = false }
  }
  variant "fused" {
    config { fused = true }
  }

  measure {
    rounds     = 8
    max_rounds = 24
    visit      = "100ms"
    cache      = "cold"
    budget     = "5m"
  }

  guardrail "no_decode_regression" {
    phase     = "decode"
    variant   = "fused"
    min_ratio = 1.00
    margin    = 0.01
    on_fail   = "fail"
  }
  guardrail "no_prefill_regression" {
    phase     = "prefill"
    min_ratio = 1.00
    margin    = 0.02
    on_fail   = "require_tradeoff"
  }
  tradeoff "no_prefill_regression" { reason = "decode matters more" }

  assert "bounded error" {
    condition     = metric.rel_err <= 0.02
    error_message = "${variant.name} is off by ${metric.rel_err} at ${matrix.bits} bits"
  }

  select "knee" {
    maximize = ratio.decode
    where    = metric.rel_err <= 0.02
  }
  select "first_of_two" {
    minimize  = metric.rel_err + 1 / ratio.prefill
    finalists = 2
    rounds    = 0
    on_tie    = "first"
  }

  metadata { ticket = "K-17" }
  output {
    path   = "results/first.json"
    append = "results/all.json"
  }
}

experiment "second" {
  plugin = "fake"
  config { model = "large" }
  variant "exact" { baseline = true }
  variant "eps" {
    for_each = [10, 15, 20]
    config { epsilon = each.value }
  }
}
