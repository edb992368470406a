variable "effort" {
  type    = string
  default = "thourough"
  validation {
    condition     = contains(["quick", "thorough"], var.effort)
    error_message = "effort must be quick or thorough, not ${var.effort}"
  }
}
experiment "x" {
  plugin = "fake"
  config { model = "small" }
  variant "a" { baseline = true }
  measure { rounds = var.effort == "quick" ? 4 : 12 }
}
