experiment "x" {
  plugin  = "fake"
  matrix  = { bits = [4, 8], tokens = [1, 2] }
  exclude = [{ bit = 4 }, { bits = 6 }, {}, 7]
  config { model = "small" }
  variant "a" { baseline = true }
}
