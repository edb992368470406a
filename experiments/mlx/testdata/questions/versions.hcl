# Is the new mlx-lm slower than the old one, on the same MLX? Two environments.
experiment "versions" {
  plugin = "mlx"
  device = "cpu"
  config {
    model {
      path          = local.model
      context       = 17
      tokens        = 4
      prompt_tokens = 32
    }
  }
  variant "old" {
    baseline = true
    binary   = "${var.folder}/mlx-0.32.4-lm-0.31.3/bin/assay-plugin-mlx"
  }
  variant "new" { binary = local.lm }

  measure {
    rounds     = 1
    max_rounds = 1
    passes     = 1
    visit      = "2ms"
    warmup_max = "0s"
  }
  guardrail "decode" { phase = "decode" }
  guardrail "prefill" {
    phase  = "prefill"
    margin = 0.02
  }
}
