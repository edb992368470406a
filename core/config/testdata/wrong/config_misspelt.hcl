experiment "x" {
  plugin = "fake"
  config {
    modle      = "small"
    groupsize  = 64
    bits       = "four"
    layers     = 1.5
    combine    = "fp32_nofma"
    shape      = [1, 2.5]
    weight { seed = 1 }
  }
  variant "a" { baseline = true }
}
