experiment "x" {
  plugin = "fake"
  config { model = "small" }
  variant "a" { baseline = true }
  variant "b" {
    config { fused = true }
  }
  measure {
    cooldown = "2h"
    require {
      power            = "battery"
      thermal          = "cool"
      min_clock        = 95
      max_foreign_load = -1
      wait             = 5
      max_load         = 1
    }
  }
}

experiment "y" {
  plugin = "fake"
  config { model = "small" }
  variant "a" { baseline = true }
  variant "b" {
    config { fused = true }
  }
  measure {
    require {}
    require { power = null }
  }
}
