variable "model" {
  type    = strng
  default = "small"
}
experiment "x" {
  plugin = "fake"
  config { model = var.model }
  variant "a" { baseline = true }
}
