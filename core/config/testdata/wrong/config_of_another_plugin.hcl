experiment "x" {
  plugin = "fake"
  matrix = { tokens = [1, 4] }
  config { model = "small" }
  variant "fake" { baseline = true }
  variant "other" {
    plugin = "other"
    config { threads = 4 }
  }
}

experiment "y" {
  config { model = "small" }
  variant "fake" {
    baseline = true
    plugin   = "fake"
  }
  variant "none" {}
}
