locals {
  first  = [1, 2, 3][7]
  second = local.first + 1
}
experiment "x" {
  plugin = "fake"
  config {
    model  = "small"
    tokens = local.second
  }
  variant "a" { baseline = true }
}
