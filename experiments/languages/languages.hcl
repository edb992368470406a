# Does it matter in which language a plugin is written? One C function in one shared
# library, called from Go, from Python and from Rust. What is left between the arms is
# what their SDKs cost.
#
# `make test-foreign` builds the library and the plugins, and runs this.
variable "library" {
  description = "the shared library made of work.c"
}

experiment "languages" {
  description = "Is one C function as fast from Python and Rust as from Go?"
  device      = "cpu"

  variant "go" {
    baseline = true
    plugin   = "langgo"
    config { library = var.library }
  }
  variant "python" {
    plugin = "langpython"
    config { library = var.library }
  }
  variant "rust" {
    plugin = "langrust"
    config { library = var.library }
  }
  guardrail "as_fast" {
    phase  = "work"
    margin = 0.02
  }
}
