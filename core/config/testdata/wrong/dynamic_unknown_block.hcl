experiment "x" {
  plugin = "fake"
  config {
    model = "small"
    dynamic "ptach" {
      for_each = ["a"]
      content { name = ptach.value }
    }
  }
  variant "a" { baseline = true }
  dynamic "varient" {
    for_each = [1, 2]
    labels   = ["v${varient.value}"]
    content {}
  }
}
