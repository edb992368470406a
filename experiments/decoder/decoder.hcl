# A whole model: embedding, attention over a context, experts, head and greedy choice.
#
#   assay run experiments/decoder
#   assay run --var model=tiny --var device=cpu experiments/decoder

assay {
  required_version = ">= 0.1"
  required_plugins {
    moe-mlp = { source = "assay/moe-mlp", version = "~> 0.1" }
    bisect  = { source = "assay/bisect", version = "~> 0.1" }
  }
}

variable "model" {
  type        = string
  default     = "qwen3-30b-a3b"
  description = "Shape preset (qwen3-30b-a3b, tiny, or without experts qwen3-1.7b, llama-3-8b, tiny-llama) or the folder of an MLX checkpoint"
}

variable "device" {
  type        = string
  default     = "auto"
  description = "Where to run: apple, cuda, cpu, or auto for the best one of this machine"
}

variable "layers" {
  type        = number
  default     = 0
  description = "Layers that are made; 0: 48 on a GPU, 2 elsewhere"
}

variable "contexts" {
  type        = list(number)
  default     = [512]
  description = "Tokens before decode and prefill begin, a case each"
}

variable "fill" {
  type        = string
  default     = "prompt"
  description = "prompt: the context's tokens are passed through the model; random: its keys and values are drawn, which takes no time at any depth"
}

variable "dtype" {
  type        = string
  default     = "bfloat16"
  description = "Type of activations, scales and biases; in float32 all arms must choose the same tokens"
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

variable "visit" {
  type        = string
  default     = "100ms"
  description = "How long an arm is measured before the next has its turn"
}

variable "memory" {
  type        = number
  default     = 25769803776 # 24 GiB
  description = "Bytes that a model may take at most"
}

locals {
  gpu    = device.kind == "apple" || device.kind == "cuda"
  moe    = contains(["qwen3-30b-a3b", "tiny"], var.model)
  layers = var.layers > 0 ? var.layers : local.gpu ? 48 : 2
}

experiment "decoder" {
  description = "Does fusing and deciding once give a whole model its speed, at every depth of context?"
  plugin      = "moe-mlp"
  device      = var.device

  matrix = {
    context = var.contexts
  }

  config {
    scope         = "model"
    model         = var.model
    layers        = local.layers
    dtype         = var.dtype
    context       = matrix.context
    context_fill  = var.fill
    prompt_tokens = local.gpu ? 512 : 16
  }

  variant "unfused" {
    baseline = true
  }
  variant "checked" {
    for_each = local.moe ? ["blocks"] : [] # there is nothing to decide about without them
    config { path = "checked" }
  }
  variant "resolved" {
    config { path = "resolved" }
  }
  variant "resolved-gate-up" {
    config {
      path          = "resolved"
      fused_gate_up = true
    }
  }

  measure {
    rounds     = var.rounds
    max_rounds = var.max_rounds
    visit      = var.visit
    passes     = 1
    warmup_max = "300ms"
    budget     = "20m"
  }

  guardrail "resolved_decode" {
    phase     = "decode"
    variant   = "resolved"
    min_ratio = 1.00
    margin    = 0.01
    on_fail   = "fail"
  }
  guardrail "resolved_prefill" {
    phase     = "prefill"
    variant   = "resolved"
    min_ratio = 1.00
    margin    = 0.02
    on_fail   = "require_tradeoff"
  }
  guardrail "fits" {
    metric = "peak_device_bytes"
    max    = var.memory
  }

  metadata {
    plan = "2: eliminate runtime checks in the moe_mlp hot path, of a whole model"
  }
  output {
    path = "results/decoder.json"
  }
}
