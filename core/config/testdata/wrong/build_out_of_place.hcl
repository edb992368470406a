experiment "x" {
  plugin = "fake"
  build { command = ["make"] }
  config { model = "small" }
  variant "new" {
    baseline = true
    config { model = build.commit }
  }
  variant "old" {
    binary = "./bin/fake"
    config { model = build.commit }
  }
  variant "older" { binary = "${build.dir}/bin/fake" }
  variant "misspelt" {
    env = { LIB = build.folder }
  }
  variant "ref" {
    build { ref = build.commit }
  }
  guardrail "g" {
    phase = "decode"
    where = build.dir == ""
  }
}

experiment "y" {
  plugin = "fake"
  config { model = "small" }
  variant "a" { baseline = true }
  variant "b" { env = { LIB = build.dir } }
}
