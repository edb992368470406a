assay {
  required_plugins {
    fake-old = { source = "assay/fake", version = "~> 2.0" }
  }
}

experiment "x" {
  plugin = "fake"
  config { model = "small" }
  variant "a" { baseline = true }
  variant "b" { plugin = "fake-old" }
}
