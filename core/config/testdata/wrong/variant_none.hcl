experiment "x" {
  plugin = "fake"
  config { model = "small" }
}
