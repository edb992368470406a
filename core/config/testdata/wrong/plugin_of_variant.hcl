assay {
  required_plugins {
    old = { source = "assay/fake", version = "~> 2.0" }
  }
}

experiment "x" {
  plugin = "fake"
  config { model = "small" }
  variant "a" { baseline = true }
  variant "b" { plugin = "fka" }
  variant "c" { plugin = "fka" }
}

experiment "y" {
  plugin = "fake"
  config { model = "small" }
  variant "a" { baseline = true }
  variant "b" {
    plugin = "other"
    device = "sim"
    config { model = "m" }
  }
  measure { phases = ["decode", "prefill", "strat"] }
  guardrail "g" { phase = "start" }
  guardrail "h" { phase = "decod" }
}

experiment "nothing" {
  plugin = "script"
  config {
    run { argv = ["a"] }
  }
  variant "a" { baseline = true }
  variant "b" {
    config { cold = true }
  }
}

experiment "nothing_in_common" {
  plugin = "script"
  config {
    run { argv = ["a"] }
  }
  variant "a" {
    baseline = true
    config {
      phase "one" { wall = true }
    }
  }
  variant "b" {
    config {
      phase "two" { wall = true }
    }
  }
}
