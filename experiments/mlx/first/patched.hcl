variable "model" {
  type        = string
  description = "Folder of a checkpoint that mlx-lm loads"
}

experiment "patched" {
  description = "Is the patched model faster, and does it decode the same tokens?"
  plugin      = "mlx"

  config {
    model {
      path    = var.model
      modules = "." # where the patch is looked for
    }
  }
  variant "plain" { baseline = true }
  variant "patched" {
    env = { ARM = "patched" } # a process of its own: a patch may change classes
    config {
      model { patch = "mypatch:compiled" }
    }
  }

  guardrail "decode" { phase = "decode" }
  guardrail "prefill" {
    phase  = "prefill"
    margin = 0.02
  }
  assert "the patch changed the model" {
    variant       = "patched"
    condition     = metric.patched_modules > 0
    error_message = "nothing of the model is another after the patch"
  }
}
