experiment "x" {
  plugin = "fake"
  device = "cuda:2"
  config { model = "small" }
  variant "a" { baseline = true }
  variant "cpu" { device = "cpu:0" }
  variant "letter" { device = "cuda:a" }
  variant "auto" { device = "auto:1" }
  variant "kind" { device = "cudo:1" }
  variant "number" { device = 1 }
}

experiment "y" {
  plugin = "fake"
  config { model = "small" }
  variant "a" { baseline = true }
  variant "sim" { device = "sim" }
  variant "gpu" { device = "apple:1" }
}
