experiment "x" {
  plugin = "fake"
  config {
    model  = uper("small")
    tokens = max("a", [])
    layers = length(3)
  }
  variant "a" { baseline = true }
}
