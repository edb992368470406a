experiment "moe_mlp" {
  description = "Does deciding once give the fused MoE block its decode speed back?"
  plugin      = "moe-mlp"
  device      = var.device
  depends_on  = [experiment.gather_qmm_swiglu]

  matrix = {
    model = local.models
  }

  config {
    model         = matrix.model
    bits          = 4
    group_size    = 64
    dtype         = var.dtype
    prompt_tokens = local.prompt
    layers        = local.layers
    # GLM keeps its tokens only when products are rounded before they are added.
    combine = matrix.model == "glm-4.7-flash" ? "fp32_no_fma" : "fp32"
  }

  variant "unfused" {
    baseline = true
    config { path = "unfused" }
  }
  variant "checked" {
    config { path = "checked" }
  }
  variant "resolved" {
    config { path = "resolved" }
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

  # The criterion of success: resolved is at least as fast as the baseline, and
  # prefill does not pay for it.
  guardrail "resolved_decode" {
    phase     = "decode"
    variant   = "resolved"
    min_ratio = 1.00
    margin    = 0.01
    on_fail   = "fail"
  }
  guardrail "resolved_prefill" {
    phase     = "prefill"
    variant   = "resolved"
    min_ratio = 1.00
    margin    = 0.02
    on_fail   = "require_tradeoff"
  }

  select "fastest" {
    maximize = ratio.decode
  }

  metadata {
    plan = "2: eliminate runtime checks in the moe_mlp hot path"
  }
  output {
    path = "results/moe_mlp.json"
  }
}
