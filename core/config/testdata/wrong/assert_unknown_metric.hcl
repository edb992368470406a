experiment "x" {
  plugin = "fake"
  config { model = "small" }
  variant "a" { baseline = true }
  assert "error" { condition = metric.rel_error <= 0.02 }
  assert "phase" { condition = ratio.decoding > 1 }
  assert "type" { condition = metric.rel_err }
  assert "root" { condition = metrics.rel_err < 1 }
  assert "case" { condition = metric.rel_err < matrix.limit }
  assert "who" {
    condition     = variant.nam != "a"
    error_message = "so"
    variant       = "z"
  }
  assert "none" {}
}
