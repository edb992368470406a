experiment "x" {
  plugin = "fake"
  matrix = { bits = [4, 8, 4] }
  config {
    model = "small"
    bits  = matrix.bits
  }
  variant "a" { baseline = true }
}
