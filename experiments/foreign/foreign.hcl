# Programs that nobody here wrote, as arms: two versions of mlx-lm, two of mlx,
# and the servers of mlx-lm and llama.cpp. `make test-foreign` installs them and
# runs this, on whatever machine CI has: margins are wide and rounds the fewest for a
# verdict. To decide something, take a margin that matters to you and the default rounds.

variable "folder" {
  type        = string
  description = "What scripts/foreign.sh made"
}

locals {
  lm     = { old = "mlx-0.32.4-lm-0.31.3", new = "mlx-0.32.4-lm-0.32.2" }
  mlx    = { old = "mlx-0.31.2-lm-0.31.3", new = "mlx-0.32.4-lm-0.31.3" }
  models = "${var.folder}/models"
  llama = [
    "${var.folder}/llama-server", "--model", "${local.models}/llama.gguf", "--port", "$PORT", "--offline",
    "--n-gpu-layers", "0", "--threads", "1", "--parallel", "1",
  ]
}

# A script that is started again and again, and repeats itself.
experiment "mlx_lm" {
  description = "Does mlx-lm 0.32.2 decode as fast as 0.31.3, and the same tokens?"
  plugin      = "command"
  env         = { HF_HUB_OFFLINE = "1" }

  variant "old" {
    baseline = true
    config {
      run { argv = ["${var.folder}/${local.lm.old}/bin/python", "decode.py", "${local.models}/mlx", "--repeat", "4"] }
    }
  }
  variant "new" {
    config {
      run { argv = ["${var.folder}/${local.lm.new}/bin/python", "decode.py", "${local.models}/mlx", "--repeat", "4"] }
    }
  }
  config {
    phase "decode" {
      pattern = "^decode: (.*) tok/s$"
      unit    = "tok/s"
    }
    metric "prefill_rate" {
      pattern = "^prefill: (.*) tok/s$"
      better  = "higher"
    }
    output { same_as = "baseline" }
  }

  measure {
    rounds     = 6 # the fewest for a verdict
    max_rounds = 9
    passes     = 1
    samples    = 4 # what a start prints: another start costs two seconds
    warmup_max = "0s"
    budget     = "90s"
  }
  guardrail "decode" {
    phase  = "decode"
    margin = 0.5
  }
}

# A program that loads its model once and measures when it is asked.
experiment "mlx" {
  description = "Does mlx 0.32.4 decode as fast as 0.31.2, and the same tokens?"
  plugin      = "command"
  env         = { HF_HUB_OFFLINE = "1" }

  variant "old" {
    baseline = true
    config {
      serve { argv = ["${var.folder}/${local.mlx.old}/bin/python", "decode.py", "${local.models}/mlx", "--serve"] }
    }
  }
  variant "new" {
    config {
      serve { argv = ["${var.folder}/${local.mlx.new}/bin/python", "decode.py", "${local.models}/mlx", "--serve"] }
    }
  }
  config {
    phase "decode" {}
    output { same_as = "baseline" }
  }

  measure {
    rounds     = 6
    max_rounds = 9
    passes     = 1
    visit      = "300ms"
    warmup_max = "300ms"
    budget     = "90s"
  }
  guardrail "decode" {
    phase  = "decode"
    margin = 0.5
  }
}

experiment "mlx_lm_server" {
  description = "Does the server of mlx-lm 0.32.2 answer as fast as that of 0.31.3?"
  plugin      = "endpoint"
  env         = { HF_HUB_OFFLINE = "1" }

  config {
    api        = "completions"
    context    = 256
    max_tokens = 32
  }
  variant "old" {
    baseline = true
    config { argv = ["${var.folder}/${local.lm.old}/bin/mlx_lm.server", "--model", "${local.models}/mlx", "--port", "$PORT"] }
  }
  variant "new" {
    config { argv = ["${var.folder}/${local.lm.new}/bin/mlx_lm.server", "--model", "${local.models}/mlx", "--port", "$PORT"] }
  }

  measure {
    rounds     = 6
    max_rounds = 9
    passes     = 1
    visit      = "300ms"
    warmup_max = "300ms"
    phases     = ["decode", "ttft"]
    budget     = "90s"
  }
  guardrail "decode" {
    phase  = "decode"
    margin = 0.5
  }
}

experiment "llama_server" {
  description = "What is flash attention worth on the CPU?"
  plugin      = "endpoint"

  config {
    api        = "completions"
    context    = 256
    max_tokens = 512
  }
  variant "on" {
    baseline = true
    config { argv = concat(local.llama, ["--flash-attn", "on"]) }
  }
  variant "off" {
    config { argv = concat(local.llama, ["--flash-attn", "off"]) }
  }

  measure {
    rounds     = 6
    max_rounds = 9
    passes     = 1
    visit      = "300ms"
    warmup_max = "300ms"
    phases     = ["decode", "ttft"]
    budget     = "90s"
  }
  guardrail "decode" {
    phase  = "decode"
    margin = 0.5
  }
}
