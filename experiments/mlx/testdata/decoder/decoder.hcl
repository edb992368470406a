variable "folder" {
  type        = string
  description = "What scripts/foreign.sh made"
}

variable "models" {
  type        = list(string)
  description = "Checkpoints that mlx-lm wrote, a case each"
}

# One checkpoint, two engines: the same greedy tokens, and logits as close as rounding
# leaves them.
experiment "decoder" {
  plugin = "mlx"
  device = "cpu"

  matrix = {
    model = var.models
  }

  config {
    model {
      path            = matrix.model
      context         = 17
      tokens          = 4
      prompt_tokens   = 9
      logit_tolerance = 0.0001
    }
  }
  variant "mlx-lm" {
    baseline = true
    binary   = "${var.folder}/mlx-0.32.4-lm-0.32.2/bin/assay-plugin-mlx"
  }
  variant "ours" {
    plugin   = "moe-mlp"
    for_each = ["unfused", "resolved"]
    config {
      scope           = "model"
      model           = matrix.model
      layers          = 2
      path            = each.value
      fused_gate_up   = each.value == "resolved"
      context         = 17
      chunk           = 5
      prompt_tokens   = 9
      fidelity_tokens = 32
      logit_tolerance = 0.0001
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
