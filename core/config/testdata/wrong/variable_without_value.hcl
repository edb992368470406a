variable "model" { type = string }
experiment "x" {
  plugin = "fake"
  config { model = var.model }
  variant "a" { baseline = true }
}
