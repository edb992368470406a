variable "steps" {
  type    = list(number)
  default = [10, 15]
}
variable "tile" {
  type    = object({ rows = number, cols = optional(number, 8) })
  default = { rows = 2 }
}

// Locals in any order, over two blocks.
locals {
  c = local.b + 1
  b = local.a * 2
}
locals {
  a      = length("abc")
  large  = device.memory > 1000000
  layers = { small = 2, large = 48 }
}

experiment "generated" {
  plugin = "fake"
  device = "cuda"
  matrix = { model = ["small", "large"], fused = [true], k = [1.5, 1e3] }

  config {
    model  = matrix.model
    layers = local.layers[matrix.model]
    shape  = [for i in range(3) : i * local.c]
    weights {
      seed  = matrix.fused ? 7 : 8
      scale = matrix.k
    }
    dynamic "patch" {
      for_each = ["norm", "rope"]
      content {
        name = patch.value
        on   = patch.key == 0 || !local.large
      }
    }
  }

  variant "plain" {
    baseline    = true
    description = "As it is shipped"
  }
  variant "eps" {
    for_each = var.steps
    config {
      epsilon = each.value
      tokens  = each.key + 1
      weights { seed = var.tile.cols }
    }
  }
  variant "named" {
    for_each = { none = [], one = ["gating"] }
    config {
      dynamic "patch" {
        for_each = each.value
        content { name = patch.value }
      }
    }
  }
  dynamic "variant" {
    for_each = matrix.model == "large" ? [8] : []
    labels   = ["bits-${variant.value}"]
    content {
      config {
        bits = variant.value
        dynamic "patch" {
          for_each = [variant.value]
          content { name = "p${patch.value}" }
        }
      }
    }
  }
  dynamic "guardrail" {
    for_each = ["decode", "prefill"]
    labels   = ["no_${guardrail.value}_regression"]
    content { phase = guardrail.value }
  }
  measure {
    rounds = try(local.missing, 30)
    seed   = 18446744073709551615
  }
  metadata {
    folder = path.module
    device = device.name
    list   = [1, "two"]
  }
}
