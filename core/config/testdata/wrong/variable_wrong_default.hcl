variable "bits" {
  type    = number
  default = "four"
}
experiment "x" {
  plugin = "fake"
  config {
    model = "small"
    bits  = var.bits
  }
  variant "a" { baseline = true }
}
