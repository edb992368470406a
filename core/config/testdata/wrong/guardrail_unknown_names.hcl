experiment "x" {
  plugin = "fake"
  config { model = "small" }
  variant "plain" { baseline = true }
  variant "fused" {
    config { fused = true }
  }
  guardrail "decode" {
    phase   = "decod"
    variant = "fussed"
    on_fail = "warm"
  }
  guardrail "itself" {
    phase   = "decode"
    variant = "plain"
  }
  guardrail "itself" { phase = "decode" }
  guardrail "phaseless" { margin = 1.5 }
  guardrail "typo" {
    phase     = "prefill"
    min_ration = 1
    min_ratio = 0
  }
}
