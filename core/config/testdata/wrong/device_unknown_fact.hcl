locals { wide = device.core > 4 }
experiment "x" {
  plugin = "fake"
  config {
    model = "small"
    fused = local.wide
  }
  variant "a" { baseline = true }
}
