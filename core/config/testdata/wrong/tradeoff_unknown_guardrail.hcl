experiment "x" {
  plugin = "fake"
  config { model = "small" }
  variant "a" { baseline = true }
  guardrail "no_prefill_regression" {
    phase   = "prefill"
    on_fail = "require_tradeoff"
  }
  guardrail "warned" {
    phase   = "prefill"
    on_fail = "warn"
  }
  tradeoff "no_prefil_regression" { reason = "decode matters more" }
  tradeoff "no_prefill_regression" { reason = "" }
  tradeoff "no_prefill_regression" { because = "x" }
  tradeoff "warned" { reason = "none needed" }
}
