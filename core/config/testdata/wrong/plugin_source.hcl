assay {
  required_plugins {
    x = { source = "evil/fake" }
  }
}
experiment "x" {
  plugin = "x"
  config { model = "small" }
  variant "a" { baseline = true }
}
