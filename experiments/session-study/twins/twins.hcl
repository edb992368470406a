# What `make session-study` asks of copies: three variants whose configurations
# differ from the baseline's in a number that nothing hangs on, so that the host
# cannot know that they are copies. No gain, no loss and no winner is there.

experiment "twins" {
  description = "Is anything concluded of copies of one variant?"
  plugin      = "bisect"
  device      = "cpu"

  config {
    layers          = 1
    experts         = 64
    prompt_tokens   = 8
    fidelity_tokens = 2
    patches         = ["fused_gate_up"]
    planted         = [] # no patch is slowed down, whatever the share
    dtype           = "float32"
  }
  variant "base" {
    baseline = true
  }
  variant "copy" {
    for_each = { first = 0.01, second = 0.02, third = 0.03 }
    config { planted_share = each.value }
  }

  measure {
    rounds     = 8
    max_rounds = 12
    visit      = "12ms"
    passes     = 4
    warmup_max = "60ms"
    phases     = ["decode"]
    search     = false
  }
  guardrail "no_decode_regression" {
    phase  = "decode"
    margin = 0.03
  }
  guardrail "no_slower_preparation" {
    metric = "prepare_time"
    margin = 0.2
  }
  assert "faster" {
    condition = ratio.decode > 1
  }
  select "best" {
    maximize = ratio.decode
  }
}
