experiment "x" {
  plugin = "fake"
  device = "cudo"
  config { model = "small" }
  variant "a" { baseline = true }
}
