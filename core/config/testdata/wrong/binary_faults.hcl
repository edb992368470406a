experiment "x" {
  plugin  = "fake"
  inherit = "HOME"
  config { model = "small" }
  variant "a" { baseline = true }
  variant "name" { binary = "assay-plugin-fake" }
  variant "gone" { binary = "./gone/assay-plugin-fake" }
  variant "number" { binary = ["a"] }
  variant "empty" { binary = "" }
  variant "env" { env = ["A=B"] }
  variant "names" {
    env     = { "A=B" = "1", OK = [1] }
    inherit = ["A=B", ""]
  }
  variant "each" { env = { A = each.value } }
  variant "spelling" { enf = {} }
}
