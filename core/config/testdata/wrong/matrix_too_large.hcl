experiment "x" {
  plugin = "fake"
  matrix = { a = range(1000), b = range(1000), c = range(1000) }
  config { model = "small" }
  variant "a" { baseline = true }
}
