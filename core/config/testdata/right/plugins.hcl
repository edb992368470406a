assay {
  required_plugins {
    fake = { source = "assay/fake" }
    fake-old = { source = "assay/fake", version = "= 0.1.0" }
    fake-again = { source = "assay/fake" }
  }
}

# Two versions of a plugin, a second device, and a plugin of another source.
experiment "versions" {
  plugin = "fake"
  device = "cuda"
  config { model = device.name }
  variant "new" { baseline = true }
  variant "old" { plugin = "fake-old" }
  variant "alias" {
    plugin  = "fake-again"
    same_as = "new"
  }
  variant "second" { device = "cuda:1" }
  variant "cpu" {
    device = "cpu"
    config { model = "mine" }
  }
  guardrail "decode" { phase = "decode" }
}

experiment "sources" {
  variant "fake" {
    plugin = "fake"
    config { model = "small" }
    baseline = true
  }
  variant "other" {
    plugin = "other"
    config { model = "small" }
  }
  guardrail "decode" { phase = "decode" }
  assert "peak" { condition = metric.peak < 1e9 || metric.rel_err == 0 }
}

# Variants that are one by the matrix, and two that are one beside the baseline.
experiment "equal" {
  plugin = "fake"
  matrix = { tokens = [1, 64] }
  config {
    model  = "small"
    tokens = matrix.tokens
  }
  variant "plain" { baseline = true }
  variant "fused" {
    config { fused = matrix.tokens > 1 }
  }
  variant "again" {
    config { fused = matrix.tokens > 1 }
  }
}
