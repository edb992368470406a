experiment "a" {
  plugin = "fake"
  config { model = "small" }
  variant "v" { baseline = true }
}
experiment "b" {
  plugin = "fake"
  config { model = "small" }
  variant "v" { baseline = true }
  output { append = "results/a.json" }
}
