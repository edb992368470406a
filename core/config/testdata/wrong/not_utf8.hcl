experiment "x" {
  plugin = "faÿþke"
  config { model = "small" }
  variant "a" { baseline = true }
}
