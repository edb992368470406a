experiment "x" {
  plugin = "fake"
  config { model = "small" }
  variant "a" { baseline = true }
  variant "b" { baseline = true }
}
