# The plan's questions asked of MLX, with our kernels as arms beside it. The plugin
# mlx runs in the Python environment that it was installed into:
#
#   assay run experiments/mlx
#   assay run --var shapes=tiny --var device=cpu experiments/mlx
#
# The third question is not asked: it is about an epsilon below which a progressive
# SwiGLU is not refined, and no op of MLX has one. A kernel that has is the user's own; the plugin's
# part `kernel` and the plugin kernel measure it, as 3-slime.hcl measures ours.

assay {
  required_version = ">= 0.1"
  required_plugins {
    gather-qmm = { source = "assay/gather-qmm", version = "~> 0.1" }
    moe-mlp    = { source = "assay/moe-mlp", version = "~> 0.1" }
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

variable "config" {
  type        = string
  default     = ""
  description = "A config.json whose model is made; Qwen3-30B-A3B's on a GPU and a tiny one else if it is empty"
}

variable "context" {
  type        = number
  default     = 128
  description = "Tokens in a model's cache before decode and prefill begin"
}

variable "patches" {
  type        = list(string)
  default     = ["concatenated", "compiled", "both"]
  description = "Functions of patches.py, an arm each"
}

variable "contexts" {
  type        = list(number)
  default     = [128, 2048]
  description = "Of the experiment about memory, a case each"
}

variable "memory" {
  type        = number
  default     = 25769803776 # 24 GiB
  description = "Bytes that a model may take at most"
}

variable "fused" {
  type        = bool
  default     = false
  description = "Whether the build of MLX has mx.gather_qmm_swiglu, which gets an arm then"
}

variable "rounds" {
  type        = number
  default     = 8
  description = "Rounds of each case"
}

variable "max_rounds" {
  type        = number
  default     = 24
  description = "Rounds after which a case ends that has decided nothing"
}

variable "phases" {
  type        = list(string)
  default     = ["decode", "prefill"]
  description = "What is measured"
}

locals {
  gpu = device.kind == "apple" || device.kind == "cuda"
  # On a processor MLX adds up halves in halves, so that engines differ by more than
  # a rounding.
  dtype  = local.gpu ? "bfloat16" : "float32"
  config = var.config != "" ? var.config : local.gpu ? "qwen3-30b-a3b.json" : "tiny.json"
  prompt = local.gpu ? 512 : 8
}
