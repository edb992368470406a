experiment "x" {
  plugin = "fake"
  matrix = { bits = [4, 8] }
  config { model = "small" }
  variant "a" { baseline = true }
  measure { rounds = matrix.bits }
}
