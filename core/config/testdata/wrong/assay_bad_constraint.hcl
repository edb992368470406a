assay {
  required_version = "at least one"
  required_plugins {
    fake  = { source = "assay/fake", version = "newest" }
    other = { sauce = "assay/other" }
    third = "assay/third"
  }
}
experiment "x" {
  plugin = "fake"
  config { model = "small" }
  variant "a" { baseline = true }
}
