locals { where = device.kind == "cpu" ? "cpu" : "cuda" }
experiment "x" {
  plugin = "fake"
  device = local.where
  config { model = "small" }
  variant "a" { baseline = true }
}
experiment "y" {
  plugin = "fake"
  device = device.kind
  config { model = "small" }
  variant "a" { baseline = true }
}
