# What `make session-study` runs again and again beside a second process that
# loads one core in bursts: a variant that is the baseline under another name,
# and one that computes five per cent more rows.

variable "planted" {
  type        = bool
  default     = false
  description = "Make the variant slower by extra rows"
}

experiment "session_study" {
  description = "Does a session find a planted slowdown, and nothing where nothing is?"
  plugin      = "bisect"
  device      = "cpu"

  config {
    layers          = 1
    experts         = 64
    prompt_tokens   = 8
    fidelity_tokens = 2
    patches         = ["fused_gate_up"]
    planted_share   = 0.06
    dtype           = "float32" # so that every patch gives the same tokens
  }
  variant "base" {
    baseline = true
  }
  variant "candidate" {
    config {
      planted = var.planted ? ["fused_gate_up"] : []
    }
  }

  measure {
    rounds     = 8
    max_rounds = 16
    visit      = "24ms"
    passes     = 6
    warmup_max = "60ms"
    phases     = ["decode"]
    search     = false
  }
  guardrail "no_decode_regression" {
    phase   = "decode"
    variant = "candidate"
    margin  = 0.03
  }
}
