variable "folder" {
  type        = string
  description = "What scripts/foreign.sh made"
}

locals {
  old = "${var.folder}/mlx-0.31.2-lm-0.31.3/bin/assay-plugin-mlx"
  new = "${var.folder}/mlx-0.32.4-lm-0.32.2/bin/assay-plugin-mlx"
}

# One problem, two engines, and two versions of one of them.
experiment "engines" {
  plugin = "gather-qmm"
  device = "cpu"

  config {
    model         = "tiny"
    dtype         = "float32"
    tokens        = 2
    prompt_tokens = 40
    layers        = 2
    down          = true
  }
  variant "ours" {
    baseline = true
  }
  variant "op" {
    plugin = "mlx"
    binary = local.new
    config {
      op {
        shapes        = "tiny"
        dtype         = "float32"
        tokens        = 2
        prompt_tokens = 40
        layers        = 2
        down          = true
        sort          = true
      }
    }
  }
  variant "old" {
    plugin = "mlx"
    binary = local.old
    env    = { MLX_MAX_OPS_PER_BUFFER = "20" }
    config {
      op {
        shapes        = "tiny"
        dtype         = "float32"
        tokens        = 2
        prompt_tokens = 40
        layers        = 2
        down          = true
        form          = "concatenated"
        compile       = "all"
      }
    }
  }
  variant "block" {
    plugin = "mlx"
    binary = local.new
    config {
      evaluate = "each"
      block {
        shapes        = "tiny"
        dtype         = "float32"
        tokens        = 2
        prompt_tokens = 40
        layers        = 2
      }
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
