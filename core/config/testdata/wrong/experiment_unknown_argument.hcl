experiment "x" {
  plugin = "fake"
  matrx  = { bits = [4, 8] }
  colour = "red"
  config { model = "small" }
  variant "a" { baseline = true }
  guardrial "g" { phase = "decode" }
  sweep {}
}
