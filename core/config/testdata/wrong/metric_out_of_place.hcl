experiment "x" {
  plugin = "fake"
  config {
    model   = "small"
    epsilon = metric.rel_err
    fused   = experiment.y.verdict == "pass"
  }
  variant "a" { baseline = true }
  metadata { fast = ratio.decode }
}
