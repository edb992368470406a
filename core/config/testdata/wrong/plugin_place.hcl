assay {
  required_plugins {
    a = { source = "gitlab.com/you/assay-plugin-a" }
    b = { source = "https://github.com/you/assay-plugin-b" }
    c = { source = "./c.tar.gz" }
    d = { source = "you/d", publik_key = "RWQ" }
  }
}
