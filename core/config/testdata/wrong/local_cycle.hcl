locals {
  a = local.b + 1
  b = local.c * 2
  c = local.a
  d = local.d
}
experiment "x" {
  plugin = "fake"
  config {
    model  = "small"
    tokens = local.a
  }
  variant "a" { baseline = true }
}
