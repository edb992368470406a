experiment "x" {
  plugin = "fake"
  matrix = { bits = [4, 8], tokens = [1, 2, 3] }
  config {
    model  = "small"
    bits   = matrix.bit
    tokens = matrix.token_count
  }
  variant "a" { baseline = true }
}
