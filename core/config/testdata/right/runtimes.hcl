# One server against another on the same model with a long context.
experiment "runtimes" {
  plugin = "server"
  config {
    context    = 16384
    max_tokens = 128
    prompts    = "prompts/code.jsonl"
  }
  variant "first" {
    baseline = true
    config { argv = ["first-server", "--model", "m", "--port", "$PORT"] }
  }
  variant "second" {
    config { argv = ["second", "serve", "m", "--port", "$PORT"] }
  }
  measure { residency = "turns" }
  guardrail "decode" { phase = "decode" }
  guardrail "first_token" {
    phase     = "ttft"
    statistic = "p90"
    max_time  = "4s"
  }
}
