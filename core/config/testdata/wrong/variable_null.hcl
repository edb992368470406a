variable "model" {
  type     = string
  nullable = false
  default  = null
}
experiment "x" {
  plugin = "fake"
  config { model = var.model }
  variant "a" { baseline = true }
}
