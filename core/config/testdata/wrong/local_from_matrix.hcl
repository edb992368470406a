locals {
  rows  = matrix.bits * 2
  model = format("%s-%d", "small")
}
experiment "x" {
  plugin = "fake"
  matrix = { bits = [4, 8] }
  config {
    model  = local.model
    tokens = local.rows
  }
  variant "a" { baseline = true }
}
