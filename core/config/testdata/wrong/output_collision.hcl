experiment "a" {
  plugin = "fake"
  config { model = "small" }
  variant "v" { baseline = true }
  output { path = "results/b.json" }
}
experiment "b" {
  plugin = "fake"
  config { model = "small" }
  variant "v" { baseline = true }
}
experiment "c" {
  plugin = "fake"
  config { model = "small" }
  variant "v" { baseline = true }
  output {
    path   = "results/c.json"
    append = "results/../results/c.json"
  }
}
experiment "d" {
  plugin = "fake"
  config { model = "small" }
  variant "v" { baseline = true }
  output {
    path = "results/d.txt"
    pth  = "x"
  }
}
