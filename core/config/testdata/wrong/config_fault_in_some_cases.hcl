experiment "x" {
  plugin = "fake"
  matrix = { bits = [4, 5, 7], tokens = [0, 1, 4, 16] }
  config {
    model  = "small"
    bits   = matrix.bits
    tokens = matrix.tokens
  }
  variant "a" { baseline = true }
  variant "b" {
    config { fused = true }
  }
}
