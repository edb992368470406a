experiment "x" {
  plugin = "fake
}
