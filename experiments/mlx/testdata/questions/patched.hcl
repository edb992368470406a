# The comparison was vanilla against vanilla: a patch that is on and does nothing is
# found by the modules that it changed. "idle" must fail the assert, "both" must not.
experiment "patched" {
  plugin = "mlx"
  device = "cpu"
  config {
    model {
      path          = local.model
      context       = 17
      tokens        = 4
      prompt_tokens = 32
      modules       = var.patches
    }
  }
  variant "plain" { baseline = true }
  variant "both" {
    env = { ARM = "both" }
    config {
      model { patch = "patches:both" }
    }
  }
  variant "idle" {
    env = { ARM = "idle" }
    config {
      model {
        patch   = "idle:idle"
        modules = "."
      }
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
  assert "the patch changed the model" {
    condition     = variant.name == "plain" || metric.patched_modules > 0
    error_message = "${variant.name}: nothing of the model is another after the patch"
  }
  guardrail "decode" { phase = "decode" }
}
