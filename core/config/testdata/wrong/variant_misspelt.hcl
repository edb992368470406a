experiment "x" {
  plugin = "fake"
  config { model = "small" }
  variant "a" { basline = true }
  variant "b" {
    baseline = "perhaps"
    conf { fused = true }
  }
}
