# What guardrails may ask beside speed, in which cases, and what is accepted.
experiment "quantities" {
  plugin = "server"
  matrix = { context = [512, 8192] }
  config { context = matrix.context }
  variant "plain" {
    baseline = true
    config { argv = ["serve"] }
  }
  variant "cached" {
    config { argv = ["serve", "--cache"] }
  }
  variant "paged" {
    config { argv = ["serve", "--paged"] }
  }
  guardrail "first_token" {
    phase     = "ttft"
    statistic = "p99"
    margin    = 0.05
    min_gain  = matrix.context == 512 ? 0.1 : 0.2
    on_fail   = "require_tradeoff"
  }
  guardrail "wait" {
    phase     = "ttft"
    statistic = "p90"
    max_time  = matrix.context == 512 ? "80ms" : "400ms"
    on_fail   = "require_tradeoff"
  }
  guardrail "memory" {
    metric  = "peak_host_bytes"
    margin  = 0.1
    variant = "cached"
    on_fail = "require_tradeoff"
  }
  tradeoff "first_token" {
    reason   = "long prompts are rare"
    where    = matrix.context == 8192
    max_loss = 0.2
  }
  tradeoff "first_token" {
    reason   = "paging frees half the memory"
    variant  = "paged"
    where    = matrix.context == 512
    max_loss = 0.1
  }
  tradeoff "wait" { reason = "the limit is a wish" }
  tradeoff "memory" {
    reason   = "what a cache is for"
    max_loss = null
  }
}
