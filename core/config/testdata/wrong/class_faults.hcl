experiment "spaces" {
  plugin = "fake"
  class  = "M4 Max"
  config { model = "small" }
  variant "v" { baseline = true }
}
experiment "twice" {
  plugin = "fake"
  class  = ["m4-max", "m4-max"]
  config { model = "small" }
  variant "v" { baseline = true }
}
experiment "number" {
  plugin = "fake"
  class  = { apple = true }
  config { model = "small" }
  variant "v" { baseline = true }
}
experiment "hangs_on_the_device" {
  plugin = "fake"
  class  = device.kind
  config { model = "small" }
  variant "v" { baseline = true }
}
