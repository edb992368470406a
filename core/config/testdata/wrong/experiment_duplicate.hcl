experiment "x" {
  plugin = "fake"
  config { model = "small" }
  variant "a" { baseline = true }
}
experiment "x" {
  plugin = "fake"
  config { model = "large" }
  variant "a" { baseline = true }
}
