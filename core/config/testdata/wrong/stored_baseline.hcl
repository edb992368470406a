experiment "x" {
  plugin = "other"
  matrix = { n = [1, 2] }
  config { model = "small" }
  variant "a" { baseline = true }
  variant "b" {
    config { threads = 2 }
  }
  stored_baseline "monday" { result = "monday.json" }
  stored_baseline "monday" { result = "monday.json" }
  stored_baseline "none" { result = "none.json" }
  stored_baseline "elsewhere" { result = "elsewhere.json" }
  stored_baseline "empty" { result = "" }
  stored_baseline "mistyped" {
    result  = "monday.json"
    variant = "bb"
  }
  guardrail "unknown" {
    phase   = "decode"
    against = "munday"
  }
  guardrail "absolute" {
    phase    = "decode"
    against  = "monday"
    max_time = "1s"
  }
  guardrail "a_case_is_missing" {
    phase   = "decode"
    against = "monday"
  }
  guardrail "in_a_case_that_is_there" {
    phase   = "decode"
    against = "monday"
    where   = matrix.n == 1
  }
}
