experiment "x" {
  plugin = "fake"
  config { model = "small" }
  variant "a" { baseline = true }
  measure {
    rounds     = 0
    max_rounds = 2.5
    visit      = "100"
    samples    = -1
    cache      = "warm"
    budget     = "1ms"
    phases     = ["decode", "prefil"]
    seed       = -1
    warmup_max = 10
  }
}
