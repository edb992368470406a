experiment "x" {
  plugin = "fake"
  config {
    model = "small"
    weights { seed = 1 }
    weights { seed = 2 }
    patch {}
    patch { name = "b" }
    patch { name = "c" }
    patch { name = "d" }
  }
  variant "a" { baseline = true }
}
