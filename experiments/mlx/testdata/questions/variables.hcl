# What people ask of MLX, on models and environments that a test makes.
variable "folder" {
  type        = string
  description = "What scripts/foreign.sh made"
}

variable "patches" {
  type        = string
  default     = "../.."
  description = "Folder of patches.py"
}

locals {
  model = "${var.folder}/models/mlx"
  lm    = "${var.folder}/mlx-0.32.4-lm-0.32.2/bin/assay-plugin-mlx"
}

assay {
  required_plugins {
    gather-qmm = { source = "assay/gather-qmm", version = "~> 0.1" }
    mlx        = { source = "assay/mlx", version = "~> 0.1" }
  }
}
