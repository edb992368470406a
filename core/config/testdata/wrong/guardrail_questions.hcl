experiment "x" {
  plugin = "other"
  matrix = { n = [1, 2] }
  config { model = "small" }
  variant "a" { baseline = true }
  variant "b" {
    config { threads = 2 }
  }
  guardrail "both" {
    phase  = "decode"
    metric = "peak"
  }
  guardrail "two_bounds" {
    metric = "peak"
    max    = 1
    margin = 0.1
  }
  guardrail "of_a_metric" {
    phase = "decode"
    max   = 1
  }
  guardrail "of_a_phase" {
    metric   = "peak"
    max_time = "1s"
  }
  guardrail "for_all" {
    phase   = "start${matrix.n}"
    on_fail = matrix.n == 1 ? "warn" : "fail"
  }
  guardrail "batches" {
    phase     = "start"
    statistic = "p99"
  }
  guardrail "statistic" {
    phase     = "decode"
    statistic = "median"
  }
  guardrail "of_metrics" {
    metric    = "peak"
    statistic = "p90"
  }
  guardrail "unknown" { metric = "peek" }
  guardrail "values" {
    metric = "peak"
    min    = 2 * matrix.n
    max    = 3
  }
  guardrail "rate" {
    phase    = "decode"
    min_rate = -1
    max_time = "soon"
  }
  guardrail "where" {
    phase = "decode"
    where = metric.peak > 1
  }
  guardrail "changing" {
    phase    = "decode"
    max_time = matrix.n == 1 ? "1s" : null
  }
  guardrail "baseline" {
    phase   = "decode"
    variant = "a"
  }
  measure { residency = "apart" }
}

experiment "y" {
  plugin = "fake"
  config { model = "small" }
  variant "a" { baseline = true }
  variant "b" {
    config { fused = true }
  }
  guardrail "direction" { metric = "refine_rate" }
}
