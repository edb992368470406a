# Peak memory as a gate: gate and up are laid one after the other once, and that must
# cost nothing while the model runs.
experiment "mlx_memory" {
  description = "Does the patched model take more memory, with a short context and with a longer one?"
  plugin      = "mlx"
  device      = var.device

  matrix = {
    context = var.contexts
  }

  config {
    model {
      config        = local.config
      dtype         = local.dtype
      context       = matrix.context
      prompt_tokens = local.prompt
      modules       = "."
    }
  }

  variant "plain" {
    baseline = true
  }
  variant "concatenated" {
    env = { ARM = "concatenated" }
    config {
      model { patch = "patches:concatenated" }
    }
  }

  measure {
    rounds     = var.rounds
    max_rounds = var.max_rounds
    visit      = "100ms"
    passes     = 1
    phases     = ["decode"]
    warmup_max = "200ms"
    budget     = "20m"
  }

  guardrail "no_more_memory" {
    metric = "peak_device_bytes"
    margin = 0.02
  }
  guardrail "fits" {
    metric = "peak_device_bytes"
    max    = var.memory
  }

  output {
    path = "results/mlx_memory.json"
  }
}
