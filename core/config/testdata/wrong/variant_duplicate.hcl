experiment "x" {
  plugin = "fake"
  config { model = "small" }
  variant "a" { baseline = true }
  variant "eps-10" {
    config { epsilon = 10 }
  }
  variant "eps" {
    for_each = [10, 20, 20]
    config { epsilon = each.value }
  }
}
