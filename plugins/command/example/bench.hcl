experiment "bench" {
  description = "A bench script with a different flag"
  plugin      = "command"

  config {
    phase "decode" {
      pattern = "decode: ([0-9.]+) tok/s"
      unit    = "tok/s"
    }
    output { same_as = "baseline" }
  }
  variant "main" {
    baseline = true
    config {
      run { argv = ["./bench.sh", "1000"] }
    }
  }
  variant "branch" {
    config {
      run { argv = ["./bench.sh", "500"] }
    }
  }
  measure {
    rounds     = 8
    max_rounds = 8
    passes     = 1
    samples    = 2
    warmup_max = "0s"
  }
  guardrail "decode" { phase = "decode" }
}
