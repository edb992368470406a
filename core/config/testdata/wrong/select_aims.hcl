experiment "x" {
  plugin = "fake"
  config { model = "small" }
  variant "a" { baseline = true }
  select "both" {
    maximize = ratio.decode
    minimize = metric.rel_err
  }
  select "neither" { where = metric.rel_err < 1 }
  select "typo" {
    maximise = ratio.decode
    maximize = ratio.decode
  }
  select "type" {
    maximize = variant.name == "a"
    where    = "x${metric.refine_rat}"
  }
  select "race" {
    maximize  = ratio.decode
    finalists = 1
    rounds    = -1
    on_tie    = "last"
  }
}
