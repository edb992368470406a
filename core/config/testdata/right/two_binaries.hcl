# Two releases of one engine, each in an environment of its own.
experiment "releases" {
  plugin = "fake"
  config {
    model  = "large"
    tokens = 512
  }
  variant "0-4-0" {
    baseline = true
    binary   = "old/bin/assay-plugin-fake"
  }
  variant "0-4-3" { binary = "new/bin/assay-plugin-fake" }

  guardrail "decode" { phase = "decode" }
  guardrail "prefill" {
    phase  = "prefill"
    margin = 0.02
  }
}
