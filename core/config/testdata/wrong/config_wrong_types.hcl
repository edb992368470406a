experiment "x" {
  plugin = "fake"
  matrix = { model = ["small", "large"] }
  config {
    model   = { name = matrix.model }
    tokens  = [1]
    fused   = "yes"
    epsilon = 1 / 0
    layers  = null
    shape   = [1, null]
    weights = { seed = 1 }
    old_name = "x"
  }
  variant "a" { baseline = true }
}
