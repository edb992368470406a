experiment "x" {
  plugin = "gpuonly"
  config { model = "small" }
  variant "a" { baseline = true }
}
experiment "y" {
  plugin = "gpuonly"
  device = "sim"
  config { model = "small" }
  variant "a" { baseline = true }
  variant "b" {}
}
