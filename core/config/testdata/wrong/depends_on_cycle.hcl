experiment "a" {
  plugin     = "fake"
  depends_on = [experiment.b]
  config { model = "small" }
  variant "v" { baseline = true }
}
experiment "b" {
  plugin     = "fake"
  depends_on = [experiment.c]
  config { model = "small" }
  variant "v" { baseline = true }
}
experiment "c" {
  plugin = "fake"
  when   = experiment.a.verdict == "fail"
  config { model = "small" }
  variant "v" { baseline = true }
}
