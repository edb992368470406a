# Four kernels that go wrong and a sound experiment after them. Each fault must
# end as data of its own variant, and the device must be well afterwards. Sim and
# GPUs only: the cpu device runs no Metal.

variable "device" {
  type    = string
  default = "sim"
}

experiment "out_of_bounds" {
  description = "A write far outside its buffer"
  plugin      = "broken"
  device      = var.device
  variant "well" {
    baseline = true
  }
  variant "broken" {
    config {
      fault = "out-of-bounds"
    }
  }
  measure {
    rounds            = 1
    max_rounds        = 1
    visit             = "2ms"
    samples           = 2
    passes            = 1
    warmup_max        = "10ms"
    heartbeat_timeout = "4s"
    prepare_timeout   = "60s"
  }
}

experiment "endless" {
  description = "A loop that nothing ends"
  plugin      = "broken"
  device      = var.device
  depends_on  = [experiment.out_of_bounds]
  variant "well" {
    baseline = true
  }
  variant "broken" {
    config {
      fault = "endless"
    }
  }
  measure {
    rounds            = 1
    max_rounds        = 1
    visit             = "2ms"
    samples           = 2
    passes            = 1
    warmup_max        = "10ms"
    heartbeat_timeout = "4s"
    prepare_timeout   = "60s"
  }
}

experiment "barrier" {
  description = "A barrier that half of the threads never reach"
  plugin      = "broken"
  device      = var.device
  depends_on  = [experiment.endless]
  variant "well" {
    baseline = true
  }
  variant "broken" {
    config {
      fault = "barrier"
    }
  }
  measure {
    rounds            = 1
    max_rounds        = 1
    visit             = "2ms"
    samples           = 2
    passes            = 1
    warmup_max        = "10ms"
    heartbeat_timeout = "4s"
    prepare_timeout   = "60s"
  }
}

experiment "syntax" {
  description = "A line that is no Metal"
  plugin      = "broken"
  device      = var.device
  depends_on  = [experiment.barrier]
  variant "well" {
    baseline = true
  }
  variant "broken" {
    config {
      fault = "syntax"
    }
  }
  measure {
    rounds            = 1
    max_rounds        = 1
    visit             = "2ms"
    samples           = 2
    passes            = 1
    warmup_max        = "10ms"
    heartbeat_timeout = "4s"
    prepare_timeout   = "60s"
  }
}

experiment "sound" {
  description = "Nothing wrong at all"
  plugin      = "broken"
  device      = var.device
  depends_on  = [experiment.syntax]
  variant "well" {
    baseline = true
  }
  variant "twin" {
    config {
      fault = "none"
    }
  }
  measure {
    rounds            = 1
    max_rounds        = 1
    visit             = "2ms"
    samples           = 2
    passes            = 1
    warmup_max        = "10ms"
    heartbeat_timeout = "4s"
    prepare_timeout   = "60s"
  }
}
