variable "model" { default = "example/Alpha-30B-A3B-4bit" }

experiment "in_turns" {
  description = "Each arm in a start of its own, in turns"
  plugin      = "command"

  config {
    phase "prefill" {
      pattern = "prompt=([0-9.]+) tok/s"
      unit    = "tok/s"
    }
    phase "decode" {
      pattern = "gen=([0-9.]+) tok/s"
      unit    = "tok/s"
    }
    metric "peak_memory" {
      pattern = "mem=([0-9.]+) GB"
      unit    = "GB"
    }
  }
  variant "plain" {
    baseline = true
    config {
      run { argv = ["python3", "arm.py", "plain", var.model] }
    }
  }
  variant "patched" {
    config {
      run { argv = ["python3", "arm.py", "patched", var.model] }
    }
  }
  measure {
    rounds     = 8
    max_rounds = 24
    passes     = 1
    samples    = 3
    warmup_max = "0s"
  }
  guardrail "decode" { phase = "decode" }
  guardrail "prefill" {
    phase  = "prefill"
    margin = 0.02
  }
}
