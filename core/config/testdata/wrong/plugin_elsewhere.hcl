assay {
  required_plugins {
    nobody = { source = "evil/none" }
  }
}
experiment "x" {
  plugin = "nobody"
  config { model = "small" }
  variant "a" { baseline = true }
}
