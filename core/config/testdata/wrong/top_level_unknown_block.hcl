experimnt "x" {
  plugin = "fake"
}
expect {}
rounds = 8
