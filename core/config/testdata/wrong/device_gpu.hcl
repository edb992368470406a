experiment "x" {
  plugin = "fake"
  device = "gpu"
  config { model = "small" }
  variant "a" {
    baseline = true
    device   = "mps"
  }
  variant "b" { device = "Cuda:1" }
}
experiment "y" {
  plugin = "gpuonly"
  device = "cuda:3"
  config { model = "small" }
  variant "a" { baseline = true }
}
