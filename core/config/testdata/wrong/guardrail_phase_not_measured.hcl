experiment "x" {
  plugin = "fake"
  config { model = "small" }
  variant "a" { baseline = true }
  measure { phases = ["decode"] }
  guardrail "g" { phase = "prefill" }
}
