variable "want" { default = "fail" }
experiment "a" {
  plugin = "fake"
  config { model = "small" }
  variant "v" { baseline = true }
  variant "w" {
    config { fused = true }
  }
  guardrail "speed" { phase = "decode" }
}
experiment "failed" {
  plugin = "fake"
  when   = experiment.a.verdict == "failed"
  config { model = "small" }
  variant "v" { baseline = true }
  variant "w" {
    config { fused = true }
  }
}
experiment "always" {
  plugin = "fake"
  when   = experiment.a.status != "done" || experiment.a.guardrails.speed == "none"
  config { model = "small" }
  variant "v" { baseline = true }
  variant "w" {
    config { fused = true }
  }
}
experiment "never" {
  plugin = "fake"
  when   = var.want == "fail" && contains(["passed", "ok"], experiment.a.verdict)
  config { model = "small" }
  variant "v" { baseline = true }
  variant "w" {
    config { fused = true }
  }
}
experiment "contradiction" {
  plugin = "fake"
  when   = experiment.a.guardrails["speed"] == "pass" && experiment.a.guardrails.speed == "fail"
  config { model = "small" }
  variant "v" { baseline = true }
  variant "w" {
    config { fused = true }
  }
}
experiment "guardrail" {
  plugin = "fake"
  when   = experiment.a.guardrails.sped == "pass"
  config { model = "small" }
  variant "v" { baseline = true }
  variant "w" {
    config { fused = true }
  }
}
experiment "fine" {
  plugin = "fake"
  when   = experiment.a.verdict == var.want || experiment.a.verdict != "none" && length(experiment.a.findings) > 0 || try(experiment.a.guardrails.other, "pass") == "pass"
  config { model = "small" }
  variant "v" { baseline = true }
  variant "w" {
    config { fused = true }
  }
}
experiment "also_fine" {
  plugin = "fake"
  when   = contains(["pass", "fail"], experiment.a.verdict) && experiment.a.status == "complete" && experiment.a.guardrails.speed == "pass"
  config { model = "small" }
  variant "v" { baseline = true }
  variant "w" {
    config { fused = true }
  }
}
