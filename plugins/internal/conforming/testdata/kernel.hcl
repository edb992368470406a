source      = "../../../kernel/testdata/scale.metal"
kernel      = "scale"
grid        = [64]
threadgroup = [32]
constants   = { twice = "true" }
buffer "x" {
  dtype = "float32"
  shape = [64]
  fill  = "normal"
}
buffer "y" {
  dtype  = "float32"
  shape  = [64]
  output = true
}
value "by" {
  type  = "float"
  value = "3"
}
value "shift" {
  type   = "float"
  values = ["1", "2", "3", "4"]
}
