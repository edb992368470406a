assay { required_version = ">= 9.0" }
experiment "x" {
  plugin = "fake"
  config { model = "small" }
  variant "a" { baseline = true }
}
