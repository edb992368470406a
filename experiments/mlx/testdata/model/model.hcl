variable "folder" {
  type        = string
  description = "What scripts/foreign.sh made"
}

locals {
  old = "${var.folder}/mlx-0.31.2-lm-0.31.3/bin/assay-plugin-mlx"
  new = "${var.folder}/mlx-0.32.4-lm-0.32.2/bin/assay-plugin-mlx"
}

# A checkpoint in two versions of MLX, and patched in one of them.
experiment "model" {
  plugin = "mlx"
  device = "cpu"

  config {
    model {
      path          = "${var.folder}/models/mlx"
      context       = 17
      tokens        = 4
      prompt_tokens = 32
      modules       = "../.."
    }
  }
  variant "old" {
    baseline = true
    binary   = local.old
  }
  variant "new" { binary = local.new }
  variant "patched" {
    binary = local.new
    env    = { ARM = "patched" }
    config {
      model { patch = "patches:both" }
    }
  }

  measure {
    rounds     = 1
    max_rounds = 1
    passes     = 1
    visit      = "2ms"
    warmup_max = "0s"
  }
}
