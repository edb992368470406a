experiment "slime" {
  description = "Which epsilon of the progressive SwiGLU is fastest within the error bound?"
  plugin      = "slime"
  device      = var.device
  depends_on  = [experiment.bisect]

  matrix = {
    bits = local.bits
  }

  config {
    model       = var.model
    bits        = matrix.bits
    group_size  = 64
    dtype       = var.dtype
    threadgroup = 0
    max_error   = 0.02
    refine      = local.thorough ? 3 : 0
  }

  variant "separate" {
    baseline = true
    config { method = "separate" }
  }
  # The anchors: everything refined, and nothing.
  variant "exact" {
    config { epsilon = 0 }
  }
  variant "eps" {
    for_each = [10, 15, 20, 30, 50, 75, 100]
    config { epsilon = each.value }
  }
  variant "never" {
    config { never = true }
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

  assert "the anchor is exact" {
    variant       = "exact"
    condition     = metric.rel_err <= 0.005 && metric.refine_rate == 1
    error_message = "epsilon 0 must refine everything: relative error ${metric.rel_err}"
  }

  select "knee" {
    maximize = ratio.decode
    where    = metric.rel_err <= 0.02
  }

  metadata {
    plan = "3: SLIME fast-reject epsilon sweep"
  }
  output {
    path   = "results/slime.json"
    append = "results/slime_runs.json"
  }
}
