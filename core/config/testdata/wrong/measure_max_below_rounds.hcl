experiment "x" {
  plugin = "fake"
  config { model = "small" }
  variant "a" { baseline = true }
  measure {
    rounds     = 12
    max_rounds = 8
    round      = 4
  }
  measure {}
}
