experiment "served" {
  description = "Two ways to sum, measured in one Python process each"
  plugin      = "command"

  config {
    phase "sum" { unit = "call/s" }
    output { same_as = "baseline" }
  }
  variant "builtin" {
    baseline = true
    config {
      serve { argv = ["python3", "bench.py", "builtin"] }
    }
  }
  variant "loop" {
    config {
      serve { argv = ["python3", "bench.py", "loop"] }
    }
  }
  measure {
    rounds     = 8
    max_rounds = 8
    passes     = 1
    samples    = 2
    visit      = "20ms"
    warmup_max = "20ms"
  }
  guardrail "sum" { phase = "sum" }
}
