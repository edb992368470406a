experiment "x" {
  plugin = "fake"
  config {
    model  = uper("small")
    tokens = max("a", [])
    layers = length(3)
  }
  variant "a" { baseline = true }
}
experiment "y" {
  plugin      = "fake"
  description = env("MODEL")
  config { model = "small" }
  variant "v" { baseline = true }
}
