experiment "as_it_is" {
  description = "Both arms in one start, as the script has them"
  plugin      = "command"

  config {
    run { argv = ["python3", "bench_e2e.py", "--runs", "3"] }
    phase "prefill" { unit = "tok/s" }
    phase "decode" { unit = "tok/s" }
  }
  variant "plain" {
    baseline = true
    config {
      phase "prefill" { pattern = "^Baseline +([0-9.]+) " }
      phase "decode" { pattern = "^Baseline +[0-9.]+ +([0-9.]+) " }
    }
  }
  variant "patched" {
    config {
      phase "prefill" { pattern = "^ZMLX [+] fused SwiGLU +([0-9.]+) " }
      phase "decode" { pattern = "^ZMLX [+] fused SwiGLU +[0-9.]+ +([0-9.]+) " }
    }
  }
  measure {
    rounds     = 8
    max_rounds = 8
    passes     = 1
    samples    = 1
    warmup_max = "0s"
  }
  guardrail "decode" { phase = "decode" }
  guardrail "prefill" {
    phase  = "prefill"
    margin = 0.02
  }
}
