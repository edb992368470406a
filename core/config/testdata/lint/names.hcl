assay {
  required_plugins {
    fake = { source = "assay/fake" }
    Fake = { source = "assay/fake" }
  }
}
experiment "run" {
  plugin = "fake"
  config { model = "small" }
  variant "fused" { baseline = true }
  variant "Fused" {
    config { fused = true }
  }
  guardrail "Decode" { phase = "decode" }
  guardrail "decode" { phase = "decode" }
}
experiment "Run" {
  plugin = "fake"
  config { model = "small" }
  variant "v" { baseline = true }
  variant "w" {
    config { fused = true }
  }
}
experiment "elsewhere" {
  plugin = "fake"
  config { model = "small" }
  variant "v" { baseline = true }
  variant "w" {
    config { fused = true }
  }
  output { path = "Results/ELSEWHERE.json" }
}
experiment "there" {
  plugin = "fake"
  config { model = "small" }
  variant "v" { baseline = true }
  variant "w" {
    config { fused = true }
  }
  output { path = "./results/../results/elsewhere.json" }
}
