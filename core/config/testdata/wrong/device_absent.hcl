experiment "x" {
  plugin = "other"
  device = "apple"
  config { model = "small" }
  variant "a" { baseline = true }
}
