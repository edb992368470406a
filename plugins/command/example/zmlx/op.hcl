experiment "op" {
  description = "One shape of the op's table"
  plugin      = "command"

  matrix = {
    shape = ["Small", "Medium"]
  }

  config {
    run { argv = ["python3", "bench_op.py"] }
    phase "call" { unit = "us" }
  }
  variant "naive" {
    baseline = true
    config {
      phase "call" { pattern = "^${matrix.shape} [(][^)]+[)] +([0-9.]+)us" }
    }
  }
  variant "fused" {
    config {
      phase "call" { pattern = "^${matrix.shape} [(][^)]+[)] +[0-9.]+us +([0-9.]+)us" }
    }
  }
  measure {
    rounds     = 8
    max_rounds = 8
    passes     = 1
    samples    = 1
    warmup_max = "0s"
  }
  guardrail "call" { phase = "call" }
}
