experiment "x" {
  plugin = "fake"
  bits   = 4
  rounds = 8
  power  = "ac"
  ref    = "main"
  config {
    model  = "small"
    device = "cpu"
    seed   = 3
    passes = 1
  }
  variant "a" {
    baseline = true
    fused    = true
  }
  guardrail "g" {
    phase = "decode"
    case  = { bits = 4 }
  }
}
