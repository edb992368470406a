locals { layers = 4 }
experiment "x" {
  plugin = "fake"
  config {
    model  = "small"
    layers = local.layer
    bits   = locals.layers
  }
  variant "a" { baseline = true }
}
