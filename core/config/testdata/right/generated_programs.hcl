# Programs by dynamic blocks, for_each and the matrix; null is the default everywhere.
locals {
  refs = { main = "main", faster = "branch" }
}

experiment "refs" {
  plugin  = "script"
  device  = null
  binary  = null
  env     = null
  inherit = null
  matrix  = { threads = [1, 2] }
  dynamic "build" {
    for_each = [["make", "all"]]
    content {
      command = build.value
      env     = { THREADS = matrix.threads }
      ref     = null
      timeout = null
    }
  }
  config {
    run { argv = ["${build.dir}/bench"] }
    dynamic "phase" {
      for_each = ["decode", "prefill"]
      labels   = [phase.value]
      content { wall = true }
    }
  }
  variant "tree" {
    baseline = true
    plugin   = null
    device   = null
    env      = null
    same_as  = null
  }
  dynamic "variant" {
    for_each = local.refs
    labels   = ["at_${variant.key}"]
    content {
      env = { REF = variant.value }
      build { ref = variant.value }
    }
  }
  variant "v" {
    for_each = { one = "v1", head = "HEAD" }
    env      = { NAME = each.key, COMMIT = build.commit }
    build { ref = each.value }
  }
  guardrail "decode" {
    phase = "decode"
    where = null
    min   = null
  }
}
