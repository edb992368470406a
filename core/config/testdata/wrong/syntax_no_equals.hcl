experiment "x" {
  plugin "fake"
  config { model = "small" }
  variant "a" { baseline = true }
}
