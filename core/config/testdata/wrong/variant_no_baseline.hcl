experiment "x" {
  plugin = "fake"
  config { model = "small" }
  variant "a" {}
  variant "b" {
    config { fused = true }
  }
}
