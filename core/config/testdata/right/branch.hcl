# A branch against main on one machine, built from both.
variable "branch" { default = "branch" } # null: the working tree
variable "weights" { default = "weights.bin" }

experiment "branch" {
  plugin = "script"
  build {
    repo    = ".."
    command = ["make", "-j4"]
  }
  config {
    run {
      argv    = ["${build.dir}/bench", "-m", var.weights, "-n", "64"]
      timeout = "5m"
    }
    phase "decode" {
      pattern = "speed: ([0-9.]+)"
      unit    = "t/s"
    }
    output { same_as = "baseline" }
  }
  variant "main" {
    baseline = true
    build { ref = "main" }
  }
  variant "branch" {
    build { ref = var.branch }
  }
  variant "release" {
    build {
      ref     = "v1"
      command = ["make", "release"]
      env     = { JOBS = 4 }
      timeout = "1h"
    }
  }
  guardrail "decode" { phase = "decode" }
}

# One commit under two names is one program.
experiment "itself" {
  plugin = "script"
  build { command = ["make"] }
  config {
    run { argv = ["${build.dir}/bench", build.commit] }
    phase "decode" { pattern = "x" }
  }
  variant "main" {
    baseline = true
    build { ref = "main" }
  }
  variant "again" {
    same_as = "main"
    build { ref = "HEAD" }
  }
  variant "tree" {
    build { ref = null }
  }
  guardrail "decode" { phase = "decode" }
}

# A plugin that is built: the installed one stands in until it is.
experiment "plugin" {
  plugin = "fake"
  binary = "${build.dir}/bin/assay-plugin-fake"
  build { command = ["make", "plugins"] }
  config { model = "large" }
  variant "installed" {
    baseline = true
    binary   = null
  }
  variant "branch" {
    build { ref = "branch" }
    config { added = 1 }
  }
  variant "release" {
    build { ref = "v1" }
    config { fused = true }
  }
  guardrail "added" { phase = "verify" }
  assert "added" { condition = metric.verified == 1 }
}
