experiment "baseline_decode" {
  plugin     = "fake"
  depends_on = [experiment.baseline_decod, experiment.follow_up, "other", experiment.baseline_decode]
  config { model = "small" }
  variant "v" { baseline = true }
}
experiment "follow_up" {
  plugin     = "fake"
  depends_on = experiment.baseline_decode
  config { model = "small" }
  variant "v" { baseline = true }
}
