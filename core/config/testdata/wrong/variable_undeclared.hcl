variable "model" { default = "small" }
experiment "x" {
  plugin = "fake"
  config { model = var.modle }
  variant "a" { baseline = true }
}
