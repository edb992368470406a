assay {
  required_plugins {
    fake = { source = "assay/fake" }
  }
}
experiment "x" {
  plugin = "fka"
  config { model = "small" }
  variant "a" { baseline = true }
}
