# The plan's questions asked of MLX, with our kernels as arms beside it. The plugin
# mlx runs in the Python environment that it was installed into:
#
#   assay run experiments/mlx
#   assay run --var shapes=tiny --var device=cpu experiments/mlx

assay {
  required_version = ">= 0.1"
  required_plugins {
    gather-qmm = { source = "assay/gather-qmm", version = "~> 0.1" }
    mlx        = { source = "assay/mlx", version = "~> 0.1" }
  }
}

variable "shapes" {
  type        = string
  default     = "qwen3-30b-a3b"
  description = "Shape of the experts: qwen3-30b-a3b, lfm2-8b-a1b, glm-4.7-flash or tiny"
}

variable "device" {
  type        = string
  default     = "auto"
  description = "Where to run: apple, cuda, cpu, or auto for the best one of this machine"
}

variable "tokens" {
  type        = list(number)
  default     = [1, 4, 16, 64]
  description = "Tokens of one decode iteration, a case each"
}

variable "fused" {
  type        = bool
  default     = false
  description = "Whether the build of MLX has mx.gather_qmm_swiglu, which gets an arm then"
}

variable "rounds" {
  type        = number
  default     = 8
  description = "Rounds of each case; those that decide nothing are followed by twice as many more"
}

locals {
  gpu = device.kind == "apple" || device.kind == "cuda"
  # On a processor MLX adds up halves in halves, so that engines differ by more than
  # a rounding.
  dtype = local.gpu ? "bfloat16" : "float32"
  # Layers that have weights of their own, so that none is found in a cache.
  layers = local.gpu ? 4 : 1
  prompt = local.gpu ? 512 : 8
}
