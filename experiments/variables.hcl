# What the four experiments share. `assay run experiments` runs them in the
# plan's order: gather_qmm_swiglu, moe_mlp, bisect, slime.

assay {
  required_version = ">= 0.1"
  required_plugins {
    gather-qmm = { source = "assay/gather-qmm", version = "~> 0.1" }
    moe-mlp    = { source = "assay/moe-mlp", version = "~> 0.1" }
    bisect     = { source = "assay/bisect", version = "~> 0.1" }
    slime      = { source = "assay/slime", version = "~> 0.1" }
  }
}

variable "model" {
  type        = string
  default     = "qwen3-30b-a3b"
  description = "Shape preset (qwen3-30b-a3b, lfm2-8b-a1b, glm-4.7-flash or tiny) or the folder of an MLX checkpoint of 4 bits in groups of 64"
  validation {
    condition     = length(var.model) > 0
    error_message = "model must not be empty"
  }
}

variable "device" {
  type        = string
  default     = "auto"
  description = "Where to run: apple, cuda, cpu, or auto for the best one of this machine"
}

variable "effort" {
  type        = string
  default     = "quick"
  description = "quick: one model, few rounds, about five minutes in all on two cores; thorough: all models and widths, three times the rounds, longer visits"
  validation {
    condition     = contains(["quick", "thorough"], var.effort)
    error_message = "effort must be quick or thorough"
  }
}

variable "dtype" {
  type        = string
  default     = "bfloat16"
  description = "Type of activations, scales and biases"
}

locals {
  thorough = var.effort == "thorough"
  gpu      = device.kind == "apple" || device.kind == "cuda"

  presets = ["qwen3-30b-a3b", "lfm2-8b-a1b", "glm-4.7-flash"]
  preset  = contains(local.presets, var.model) || var.model == "tiny"
  models  = local.thorough && local.preset ? local.presets : [var.model]
  bits    = local.thorough && local.preset ? [4, 8] : [4]

  rounds     = local.thorough ? 24 : 8
  max_rounds = local.thorough ? 48 : 24
  visit      = local.thorough ? "100ms" : "40ms"
  passes     = local.thorough ? 8 : 3
  warmup_max = local.thorough ? "5s" : "300ms"
  budget     = local.thorough ? "2h" : "3m"

  # A prompt long enough to be a prefill, short enough for a processor.
  prompt = local.gpu || local.thorough ? 512 : 32
  # Layers that have weights of their own. One layer of Qwen3 (340 MB at 4 bits)
  # is ten times a large last cache, and its experts are gone through in turn.
  layers = local.gpu ? 4 : 1
}
