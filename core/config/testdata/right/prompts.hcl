# Speculation gains on code and loses on prose: each is asked for where it is promised.
experiment "speculation" {
  plugin = "server"
  matrix = { prompts = ["code", "prose"] }
  config {
    prompts    = "prompts/${matrix.prompts}.jsonl"
    max_tokens = 256
  }
  variant "plain" {
    baseline = true
    config { argv = ["server", "-m", "m.bin"] }
  }
  variant "guess" {
    config { argv = ["server", "-m", "m.bin", "--guess"] }
  }
  guardrail "code" {
    phase     = "decode"
    min_ratio = 1.05
    where     = matrix.prompts == "code"
  }
  guardrail "prose" {
    phase  = "decode"
    margin = 0.05
    where  = matrix.prompts == "prose"
  }
  guardrail "memory" {
    metric = "peak_device_bytes"
    max    = matrix.prompts == "code" ? 2e9 : 1e9
  }
  guardrail "peak" {
    metric    = "peak"
    statistic = "max"
    min_ratio = 0.9
    margin    = null
  }
  guardrail "rate" {
    phase    = "decode"
    variant  = "plain"
    min_rate = 20
  }
  guardrail "never" {
    phase = "decode"
    where = matrix.prompts == "poem"
  }
}
