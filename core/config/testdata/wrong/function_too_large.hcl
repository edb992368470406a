locals {
  many = setproduct(range(1000), range(1000), range(1000))
  pad  = indent(1000000000, "x\ny")
  file = file("no_such_file.txt")
  more = range(1000000)
}
experiment "x" {
  plugin = "fake"
  config { model = "small" }
  variant "a" { baseline = true }
}
