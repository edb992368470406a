variable "model" {
  type    = number
  default = "small"
}
locals { layers = locls.x }
experiment "x" {
  plugin = "fake"
  device = "gpu"
  matrix = { bits = [4, 4] }
  config { model = var.model }
  measure { rounds = "many" }
  guardrail "g" { phase = "decoding" }
}
experiment "y" {
  plugin = "fake"
  config { fused = 7 }
  variant "a" { baseline = true }
}
