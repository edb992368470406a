variable "model" { default = "small" }
