variable "model" { default = "small" }
variable "model" { default = "large" }
experiment "x" {
  plugin = "fake"
  config { model = var.model }
  variant "a" { baseline = true }
}
