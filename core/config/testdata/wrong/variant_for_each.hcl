experiment "x" {
  plugin = "fake"
  config { model = "small" }
  variant "a" { baseline = true }
  variant "b" { for_each = 10 }
  variant "c" { for_each = [{ n = 1 }] }
  variant "d" {
    config { epsilon = each.value }
  }
  variant "e" {
    for_each = [1]
    config { epsilon = each.valeu }
  }
}
