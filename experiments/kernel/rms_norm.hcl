variable "device" {
  default     = "auto"
  description = "sim checks what is computed, on any machine; a GPU measures"
}
variable "rows" { default = 1024 }
variable "columns" { default = 4096 }

experiment "rms_norm" {
  description = "Do simd_sum and one barrier beat a tree of barriers?"
  plugin      = "kernel"
  device      = var.device

  config {
    kernel       = "rms_f32"
    threadgroups = [var.rows]
    threadgroup  = [256]
    buffer "x" {
      dtype = "float32"
      shape = [var.rows, var.columns]
      fill  = "normal"
    }
    buffer "weight" {
      dtype = "float32"
      shape = [var.columns]
      fill  = "uniform"
    }
    buffer "y" {
      dtype  = "float32"
      shape  = [var.rows, var.columns]
      output = true
    }
    value "n" { value = var.columns }
    value "eps" { value = 0.00001 }
  }
  variant "tree" {
    baseline = true
    config { source = "rms_norm_v1.metal" }
  }
  variant "simd" {
    config { source = "rms_norm.metal" }
  }
  guardrail "not_slower" { phase = "run" }
}
