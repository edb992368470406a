# Peak memory as a gate, at two depths of the cache: against the baseline and absolute.
experiment "memory" {
  plugin = "mlx"
  device = "cpu"
  matrix = { context = [17, 64] }
  config {
    model {
      path          = local.model
      context       = matrix.context
      tokens        = 4
      prompt_tokens = 32
      modules       = var.patches
    }
  }
  variant "plain" { baseline = true }
  variant "concatenated" {
    env = { ARM = "concatenated" }
    config {
      model { patch = "patches:concatenated" }
    }
  }

  measure {
    rounds     = 1
    max_rounds = 1
    passes     = 1
    visit      = "2ms"
    warmup_max = "0s"
    phases     = ["decode"]
  }
  guardrail "no_more_memory" {
    metric = "peak_device_bytes"
    margin = 0.5
  }
  guardrail "fits" {
    metric = "peak_device_bytes"
    max    = 24 * pow(1024, 3)
  }
}
