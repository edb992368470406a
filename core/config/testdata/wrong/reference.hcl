variable "device" { default = "cpu" }
experiment "x" {
  plugin = "fake"
  device = "$var.device"
  config { model = "small" }
  variant "v" { baseline = true }
}
