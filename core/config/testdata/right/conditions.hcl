# The machine has to be as it should before anything counts.
experiment "conditions" {
  plugin = "fake"
  config { model = "small" }
  variant "plain" { baseline = true }
  variant "fused" {
    config { fused = true }
  }
  measure {
    cooldown = "5s"
    require {
      power            = "ac"
      thermal          = "nominal"
      min_clock        = 1
      max_foreign_load = 0
      wait             = "90s"
    }
  }
}
