# Two environments of Python, each with its own MLX and mlx-lm and the plugin mlx, are
# two programs:
#
#   assay run --var old=old --var new=new --var model=models/Qwen3-30B-A3B-4bit experiments/mlx/versions

variable "old" {
  type        = string
  description = "Folder of the environment that is the baseline"
}

variable "new" {
  type        = string
  description = "Folder of the other environment"
}

variable "model" {
  type        = string
  description = "Folder of a checkpoint that mlx-lm loads"
}

variable "device" {
  type        = string
  default     = "auto"
  description = "Where to run: apple, cuda, cpu, or auto for the best one of this machine"
}

variable "context" {
  type        = number
  default     = 512
  description = "Tokens in the cache before decode and prefill begin"
}

variable "rounds" {
  type        = number
  default     = 8
  description = "Rounds at least; up to three times as many where nothing is decided"
}

experiment "mlx_versions" {
  description = "Is the new version of MLX or mlx-lm slower, and does it decode the same tokens?"
  plugin      = "mlx"
  device      = var.device

  config {
    model {
      path          = var.model
      context       = var.context
      prompt_tokens = var.context
    }
  }

  variant "old" {
    baseline = true
    binary   = "${var.old}/bin/assay-plugin-mlx"
  }
  variant "new" {
    binary = "${var.new}/bin/assay-plugin-mlx"
  }

  measure {
    rounds     = var.rounds
    max_rounds = 3 * var.rounds
    visit      = "300ms"
    passes     = 1
    warmup_max = "300ms"
    budget     = "20m"
  }

  guardrail "decode" { phase = "decode" }
  guardrail "prefill" {
    phase  = "prefill"
    margin = 0.02
  }

  output {
    path = "results/mlx_versions.json"
  }
}
