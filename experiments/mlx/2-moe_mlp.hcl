# The whole block, router and sum included, as mlx-lm has it and given to mx.compile,
# beside the plugin moe-mlp with its dispatches resolved before. Ours takes router
# outputs as inputs, so that speeds are compared and outputs are not.
experiment "mlx_moe_mlp" {
  description = "What does mlx-lm's block lose to Python, and to our resolved one?"
  plugin      = "mlx"
  device      = var.device

  matrix = {
    tokens = var.tokens
  }

  config {
    block {
      name          = "moe"
      shapes        = var.shapes
      dtype         = local.dtype
      tokens        = matrix.tokens
      prompt_tokens = local.prompt
    }
  }

  variant "plain" {
    baseline = true
  }
  variant "compiled" {
    config {
      block { compile = true }
    }
  }
  variant "one-by-one" {
    config { evaluate = "each" }
  }
  variant "ours" {
    plugin = "moe-mlp"
    config {
      model         = var.shapes
      dtype         = local.dtype
      tokens        = matrix.tokens
      prompt_tokens = local.prompt
      path          = "resolved"
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

  guardrail "compiled_decode" {
    phase   = "decode"
    variant = "compiled"
  }

  metadata {
    plan = "2: eliminate runtime checks in the moe_mlp hot path, asked of MLX"
  }
  output {
    path = "results/mlx_moe_mlp.json"
  }
}
