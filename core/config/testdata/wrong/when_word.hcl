experiment "a" {
  plugin = "fake"
  config { model = "small" }
  variant "v" { baseline = true }
  variant "w" {
    config { fused = true }
  }
}
experiment "b" {
  plugin = "fake"
  when   = experiment.a.verdict
  config { model = "small" }
  variant "v" { baseline = true }
  variant "w" {
    config { fused = true }
  }
}
