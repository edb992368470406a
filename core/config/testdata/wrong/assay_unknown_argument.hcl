assay {
  required_versoin = ">= 0.1"
}
experiment "x" {
  plugin = "fake"
  config { model = "small" }
  variant "a" { baseline = true }
}
