experiment "x" {
  plugin = "fake"
  matrix = { a = ["1", "1,b=2"], b = ["3", "2,b=3"] }
  config { model = "small" }
  variant "v" { baseline = true }
}
