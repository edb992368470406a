experiment "x" {
  config { model = "small" }
  variant "a" { baseline = true }
}
