variable "model" { default = "small" }
locals { there = "x" }
experiment "x" {
  plugin = "fake"
  matrix = { bits = [4] }
  env    = { A = "$local.there", B = "$var.nothing $path.txt $${var.model}", C = <<-X
    bits are $matrix.bits
    on $device.kind, $device.bin
  X
  }
  config {
    model = var.model
    bits  = matrix.bits
  }
  variant "$var.model" { baseline = true }
  variant "b" {
    description = "as ${local.there} and $var.model"
    config { fused = true }
  }
}
