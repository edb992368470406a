# Shaders compiled ahead against compiled at the start: the start is the question.
experiment "cold_start" {
  plugin = "script"
  env    = { CACHE = "off", LEVEL = "2" }
  config {
    run { argv = ["generate", "--max-tokens", "1"] }
    phase "start" { wall = true }
    cold = true
  }
  variant "jit" { baseline = true }
  variant "aot" {
    env     = { LIBRARY = "kernels.bin", LEVEL = null, CACHE = "on" }
    inherit = ["LD_PRELOAD", "HF_HOME", "HF_HOME"]
  }
  variant "threads" {
    for_each = [1, 2]
    env      = { THREADS = each.value }
  }
  measure {
    phases     = ["start"]
    warmup_max = "0s"
    visit      = "5s"
  }
  guardrail "start" { phase = "start" }
}
