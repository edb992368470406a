experiment "x" {
  plugin = "fake"
  config { bits = 4 }
  variant "a" { baseline = true }
}
experiment "y" {
  plugin = "fake"
  variant "a" { baseline = true }
}
