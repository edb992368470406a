experiment "x" {
  plugin = "fake"
  matrix = { bits = [4, 8], tokens = [1, 4] }
  exclude = [{ bits = 8, tokens = 4 }]
  config {
    model = "small"
    bits  = matrix.bits
  }
  variant "a" { baseline = true }
  variant "b" {
    config { fused = true }
  }
  assert "lower" { condition = ratio.decode.lower > 0.98 }
  assert "alone" { condition = ratio.decode.estimate }
  assert "never" { condition = floor(ratio.decode) >= 1 }
  assert "maybe" { condition = floor(metric.rel_err) == 0 }
  assert "equal" { condition = ratio.decode == 1 }
  assert "direction" { condition = ratio.rel_err > 1 }
  assert "elsewhere" { condition = at[4].rate.decode > 1 }
  assert "all values" {
    over      = "bits"
    condition = at[4].rate.decode > matrix.bits && ratio.decode > 1
  }
  assert "no such case" {
    over      = "bits"
    condition = at[5].rate.decode > 1
  }
  assert "excluded" {
    over      = "tokens"
    condition = at[4].rate.decode > 2 * at[1].rate.decode
  }
  assert "key" {
    over      = "byts"
    condition = true
  }
  assert "type" { condition = ratio.decode }
  assert "message" {
    condition     = rate.decode > 1
    error_message = "${rate.decode.lowest} and ${ratio.decod.lower}"
  }
}
