# Which patches slow the whole model down, alone or together.
experiment "decoder_bisect" {
  description = "Which patches slow decode of a whole model down?"
  plugin      = "bisect"
  device      = var.device
  depends_on  = [experiment.decoder]

  config {
    scope         = "model"
    model         = var.model
    layers        = local.layers
    dtype         = var.dtype
    vocab         = 0
    context       = var.contexts[0]
    context_fill  = var.fill
    prompt_tokens = local.gpu ? 512 : 16
    margin        = 0.02
  }

  variant "unpatched" {
    baseline = true
    config { patches = [] }
  }
  variant "all" {
    config {
      patches = ["fused_gating", "fused_gate_up", "fused_down_combine", "fused_qkv", "fused_rope", "fused_norm"]
    }
  }

  measure {
    rounds     = var.rounds
    max_rounds = var.max_rounds
    visit      = var.visit
    passes     = 1
    warmup_max = "300ms"
    phases     = ["decode"]
    budget     = "20m"
  }

  guardrail "no_decode_regression" {
    phase     = "decode"
    variant   = "all"
    min_ratio = 1.00
    margin    = 0.02
    on_fail   = "fail"
  }

  metadata {
    plan = "4: bisect the fused-SwiGLU regression, of a whole model"
  }
  output {
    path = "results/decoder_bisect.json"
  }
}
