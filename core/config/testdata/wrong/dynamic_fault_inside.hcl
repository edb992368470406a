experiment "x" {
  plugin = "fake"
  config {
    model = "small"
    dynamic "patch" {
      for_each = ["a", "b"]
      content {
        name = patch.value
        on   = patch.vale
      }
    }
  }
  variant "a" { baseline = true }
  dynamic "variant" {
    for_each = [4, 5]
    labels   = ["bits-${variant.value}"]
    content {
      config { bits = variant.value }
    }
  }
  dynamic "guardrail" {
    for_each = ["decode", "prefil"]
    labels   = [guardrail.value]
    content { phase = guardrail.value }
  }
}
