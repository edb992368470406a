experiment "x" {
  plugin = "fake"
  config { model = "small" }
  variant "main" {
    baseline = true
    build {
      ref     = "mian"
      command = ["make"]
    }
  }
  variant "no_command" {
    build { ref = "main" }
  }
  variant "typo" {
    build {
      comand  = ["make"]
      timeout = "0s"
    }
  }
  variant "twice" {
    build { command = ["make"] }
    build { command = ["make"] }
  }
  variant "types" {
    build {
      command = "make"
      env     = ["JOBS"]
    }
  }
}

experiment "y" {
  plugin = "fake"
  build { command = ["make"] }
  build { command = ["make"] }
  config { model = "small" }
  variant "a" { baseline = true }
  variant "b" {
    config { fused = true }
  }
}
