experiment "x" {
  plugin = "fake"
  config { model = "small" }
  config { bits = 4 }
  variant "a" { baseline = true }
  variant "b" {
    config { fused = true }
    config { bits = 8 }
  }
}
