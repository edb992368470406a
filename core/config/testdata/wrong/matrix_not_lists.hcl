experiment "x" {
  plugin = "fake"
  matrix = { bits = 4, tokens = [], shape = [{ n = 1 }] }
  config { model = "small" }
  variant "a" { baseline = true }
}
experiment "y" {
  plugin = "fake"
  matrix = [4, 8]
  config { model = "small" }
  variant "a" { baseline = true }
}
