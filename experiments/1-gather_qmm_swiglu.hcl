experiment "gather_qmm_swiglu" {
  description = "Is the fused gate/up/SwiGLU path kernel-, launch- or wrapper-bound?"
  plugin      = "gather-qmm"
  device      = var.device

  matrix = {
    model  = local.models
    bits   = local.bits
    tokens = local.thorough ? [1, 4, 16] : [1]
  }

  config {
    model         = matrix.model
    bits          = matrix.bits
    group_size    = 64
    dtype         = var.dtype
    tokens        = matrix.tokens
    prompt_tokens = local.prompt
    layers        = local.layers
  }

  variant "separate" {
    baseline = true
    config { fused = false }
  }
  variant "fused" {
    config { fused = true }
  }
  # The same kernels, decided and submitted at every call: what is lost against
  # "fused" is the wrapper's and the launch's share.
  variant "fused-submitted" {
    config {
      fused  = true
      replay = false
    }
  }

  measure {
    rounds     = local.rounds
    max_rounds = local.max_rounds
    visit      = local.visit
    passes     = local.passes
    cache      = "cold"
    budget     = local.budget
    warmup_max = local.warmup_max
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
    variant   = "fused"
    min_ratio = 1.00
    margin    = 0.02
    on_fail   = "warn"
  }

  metadata {
    plan = "1: isolate gather_qmm_swiglu overhead"
  }
  output {
    path = "results/gather_qmm_swiglu.json"
  }
}
