experiment "bisect" {
  description = "Which patches slow whole-stack decode down?"
  plugin      = "bisect"
  device      = var.device
  depends_on  = [experiment.moe_mlp]
  # To run it only when the fused path has regressed:
  # when = experiment.gather_qmm_swiglu.verdict == "fail"

  config {
    model           = local.preset ? var.model : local.presets[0]
    bits            = 4
    group_size      = 64
    dtype           = "float32" # so that every patch gives the same tokens
    prompt_tokens   = local.prompt
    fidelity_tokens = local.thorough ? 200 : 16
    layers          = var.model == "tiny" || !local.thorough ? 4 : 8
    experts         = var.model == "tiny" || local.thorough ? 0 : 24
    margin          = 0.02
  }

  variant "unpatched" {
    baseline = true
    config { patches = [] }
  }
  variant "all" {
    config { patches = ["fused_gating", "fused_gate_up", "fused_down_combine"] }
  }
  # If decode returns to the baseline with the fused gate/up off, the regression
  # is isolated to it.
  variant "gate-up-off" {
    config {
      patches          = ["fused_gating", "fused_gate_up", "fused_down_combine"]
      fused_max_tokens = 0
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
    phases     = local.thorough ? ["decode", "prefill"] : ["decode"]
  }

  guardrail "no_decode_regression" {
    phase     = "decode"
    variant   = "all"
    min_ratio = 1.00
    margin    = 0.02
    on_fail   = "fail"
  }

  metadata {
    plan = "4: bisect the fused-SwiGLU regression"
  }
  output {
    path = "results/bisect.json"
  }
}
