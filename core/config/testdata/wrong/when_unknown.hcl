experiment "a" {
  plugin = "fake"
  config { model = "small" }
  variant "v" { baseline = true }
}
experiment "b" {
  plugin = "fake"
  when   = experiment.aa.verdict == "fail"
  config { model = "small" }
  variant "v" { baseline = true }
}
experiment "c" {
  plugin = "fake"
  when   = experiment.a.verdikt == "fail"
  config { model = "small" }
  variant "v" { baseline = true }
}
experiment "d" {
  plugin = "fake"
  when   = experiment.a.verdict
  config { model = "small" }
  variant "v" { baseline = true }
}
experiment "e" {
  plugin = "fake"
  when   = experiment.e.verdict == "fail"
  config { model = "small" }
  variant "v" { baseline = true }
}
