# A model of mlx-lm, plain and with patches, each alone and together. A patch may change
# classes, so that every arm has an environment, and with it a process, of its own.
experiment "mlx_bisect" {
  description = "Which patch changes whole-model decode, and are the tokens the same?"
  plugin      = "mlx"
  device      = var.device

  config {
    model {
      config        = local.config
      dtype         = local.dtype
      context       = var.context
      prompt_tokens = local.prompt
      modules       = "."
    }
  }

  variant "plain" {
    baseline = true
  }
  variant "patched" {
    for_each = var.patches
    env      = { ARM = each.value }
    config {
      model { patch = "patches:${each.value}" }
    }
  }

  measure {
    rounds     = var.rounds
    max_rounds = var.max_rounds
    visit      = "300ms"
    passes     = 1
    phases     = var.phases
    warmup_max = "300ms"
    budget     = "20m"
  }

  guardrail "decode" { phase = "decode" }

  # Whoever compares plain with plain finds nothing, and takes it for an answer.
  assert "the patch changed the model" {
    condition     = variant.name == "plain" || metric.patched_modules > 0
    error_message = "nothing of the model is another after the patch"
  }

  metadata {
    plan = "4: bisect the fused-SwiGLU regression, asked of MLX"
  }
  output {
    path = "results/mlx_bisect.json"
  }
}
