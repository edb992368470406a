experiment "x" {
  plugin = "fake"
  env    = { OMP_NUM_THREADS = "1" }
  config { model = "small" }
  variant "once" { baseline = true }
  variant "again" {
    same_as = "once"
    env     = { OMP_NUM_THREADS = "2" }
  }
  variant "fused" {
    same_as = "once"
    config { fused = true }
  }
  variant "build" {
    same_as = "once"
    build { command = ["make"] }
  }
  variant "device" {
    same_as = "once"
    device  = "cuda"
  }
  variant "binary" {
    same_as = "once"
    binary  = "./bin/fake"
  }
  variant "misspelt" { same_as = "onec" }
  variant "itself" { same_as = "itself" }
  variant "inherits" {
    same_as = "once"
    inherit = ["HOME"]
  }
}

experiment "y" {
  plugin = "fake"
  config { model = "small" }
  variant "once" {
    baseline = true
    same_as  = "again"
  }
  variant "again" {}
}
