experiment "x" {
  plugin = "server"
  matrix = { n = [1, 2] }
  config { argv = ["serve"] }
  variant "a" { baseline = true }
  variant "b" {
    config { context = 64 }
  }
  guardrail "speed" {
    phase    = "decode"
    margin   = 0.02
    min_gain = -1
    on_fail  = "require_tradeoff"
  }
  guardrail "rate" {
    phase    = "decode"
    min_rate = 5
    min_gain = 0.1
    on_fail  = "require_tradeoff"
  }
  guardrail "limit" {
    phase    = "decode"
    max_time = "1s"
    on_fail  = "require_tradeoff"
  }
  tradeoff "speed" {
    reason   = "n is ${matrix.n}"
    max_loss = 0.1
  }
  tradeoff "speed" {
    reason   = "too much"
    variant  = "b"
    where    = matrix.n == 1
    max_loss = 5
  }
  tradeoff "speed" {
    reason   = "never"
    variant  = "a"
    where    = matrix.n == 3
    max_loss = 0.1
  }
  tradeoff "speed" {
    reason   = "unknown"
    variant  = "c"
    where    = matrix.m == 3
    max_loss = 0.1
  }
  tradeoff "limit" {
    reason   = "a wish"
    max_loss = 0.1
  }
  tradeoff "speed" {
    reason   = "twice in one case"
    variant  = "b"
    where    = matrix.n == 1
    max_loss = 0.1
  }
}
