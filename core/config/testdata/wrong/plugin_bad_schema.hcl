experiment "x" {
  plugin = "broken"
  config { model = "small" }
  variant "a" { baseline = true }
}
