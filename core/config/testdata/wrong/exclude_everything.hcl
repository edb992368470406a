experiment "x" {
  plugin  = "fake"
  matrix  = { bits = [4, 8] }
  exclude = [{ bits = 4 }, { bits = 8 }]
  config { model = "small" }
  variant "a" { baseline = true }
}
experiment "y" {
  plugin  = "fake"
  exclude = [{ bits = 4 }]
  config { model = "small" }
  variant "a" { baseline = true }
}
