variable "used" { default = "small" }
variable "unused" { default = 1 }
variable "only_validated" {
  default = 1
  validation {
    condition     = var.only_validated > 0
    error_message = "positive, not ${var.only_validated}"
  }
}
variable "by_name" { default = 1 }
locals {
  used   = var["by_name"]
  unused = local.used
}
experiment "x" {
  plugin = "fake"
  matrix = { bits = [4, 8], tokens = [1, 2], "layers" = [1] }
  config {
    model = var.used
    bits  = matrix.bits
  }
  variant "a" { baseline = true }
  variant "b" {
    config { fused = true }
  }
  guardrail "g" {
    phase = "decode"
    where = matrix["layers"] == 1
  }
}
experiment "y" {
  plugin = "fake"
  matrix = { model = ["small"], fused = [true] }
  config {
    model = matrix[var.used == "" ? "fused" : "model"]
  }
  variant "a" { baseline = true }
  variant "b" {
    config { fused = true }
  }
}
