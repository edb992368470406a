experiment "x" {
  plugin = "fake"
  device = "apple"
  config { model = "small" }
  variant "a" { baseline = true }
}
