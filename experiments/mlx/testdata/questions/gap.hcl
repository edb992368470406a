# Is the gap at one token the gather kernel, the launch or the host? Ours and MLX's arms
# in one case; the finding about where the time goes is the host's, for every arm that
# reports wall, device and encode times.
experiment "gap" {
  plugin = "gather-qmm"
  device = "cpu"
  matrix = { tokens = [1, 4] }
  config {
    model         = "tiny"
    dtype         = "float32"
    tokens        = matrix.tokens
    prompt_tokens = 8
  }
  variant "separate" { baseline = true }
  variant "fused" {
    config { fused = true }
  }
  variant "mlx" {
    plugin = "mlx"
    binary = local.lm
    config {
      op {
        name          = "gather_qmm"
        shapes        = "tiny"
        dtype         = "float32"
        tokens        = matrix.tokens
        prompt_tokens = 8
      }
    }
  }

  measure {
    rounds     = 1
    max_rounds = 1
    passes     = 1
    visit      = "2ms"
    warmup_max = "0s"
    phases     = ["decode"]
  }
  guardrail "decode" {
    phase   = "decode"
    variant = "fused"
  }
}
