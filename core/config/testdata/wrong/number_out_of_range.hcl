experiment "x" {
  plugin = "fake"
  config {
    model  = "small"
    tokens = 1e999999999
  }
  variant "a" { baseline = true }
}
