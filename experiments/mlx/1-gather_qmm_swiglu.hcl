# Gate, up and SwiGLU of the experts of some tokens: as two gather_qmm, as one on both
# matrices, given to mx.compile, and by our kernels. All arms have the same weights,
# activations and experts, and their outputs are held against those of "separate".
experiment "mlx_gather_qmm_swiglu" {
  description = "Are MLX's gate, up and SwiGLU kernel-, launch- or wrapper-bound, and where do our kernels stand?"
  plugin      = "mlx"
  device      = var.device

  matrix = {
    tokens = var.tokens
  }

  config {
    op {
      shapes        = var.shapes
      dtype         = local.dtype
      tokens        = matrix.tokens
      prompt_tokens = local.prompt
    }
  }

  variant "separate" {
    baseline = true
  }
  variant "concatenated" {
    config {
      op { form = "concatenated" }
    }
  }
  variant "compiled" {
    config {
      op {
        form    = "concatenated"
        compile = "all"
      }
    }
  }
  # Each iteration waited for: what is lost against "separate" is what asynchronous
  # evaluation hides.
  variant "one-by-one" {
    config { evaluate = "each" }
  }
  variant "primitive" {
    for_each = var.fused ? ["fused"] : []
    config {
      op { form = each.value }
    }
  }

  variant "ours" {
    plugin = "gather-qmm"
    config {
      model         = var.shapes
      dtype         = local.dtype
      tokens        = matrix.tokens
      prompt_tokens = local.prompt
    }
  }
  variant "ours-fused" {
    plugin = "gather-qmm"
    config {
      model         = var.shapes
      dtype         = local.dtype
      tokens        = matrix.tokens
      prompt_tokens = local.prompt
      fused         = true
    }
  }

  measure {
    rounds     = var.rounds
    max_rounds = var.max_rounds
    visit      = "40ms"
    passes     = 2
    cache      = "cold"
    phases     = var.phases
    warmup_max = "300ms"
    budget     = "10m"
  }

  # The strongest way to write it in MLX, and ours against the baseline.
  guardrail "concatenated_decode" {
    phase   = "decode"
    variant = "concatenated"
  }
  guardrail "ours_decode" {
    phase   = "decode"
    variant = "ours-fused"
  }

  metadata {
    plan = "1: isolate gather_qmm_swiglu overhead, asked of MLX"
  }
  output {
    path = "results/mlx_gather_qmm_swiglu.json"
  }
}
