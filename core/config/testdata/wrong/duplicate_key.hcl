variable "model" { default = "small" }
locals {
  threads = { a = 1, "a" = 2 }
  name    = "A"
}
experiment "x" {
  plugin = "fake"
  matrix = { bits = [4], tokens = [1], bits = [8] }
  env    = { A = 1, (local.name) = 2 }
  config { model = var.model }
  variant "a" { baseline = true }
  variant "b" {
    for_each = { one = { deep = 1, deep = 2 } }
    env      = { "${var.model}_${matrix.bits}" = 1, B = 1, small_8 = 2 }
    config { fused = true }
  }
  metadata {
    note = [for k in ["a"] : { (k) = 1, a = 2 }]
  }
}
