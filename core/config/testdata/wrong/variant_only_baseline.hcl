experiment "x" {
  plugin = "fake"
  config { model = "small" }
  variant "stock" { baseline = true }
}
