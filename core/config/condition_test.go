package config

import (
	"strings"
	"testing"

	"github.com/assay-bench/assay/core/expr"
	"github.com/assay-bench/assay/core/judge"
)

const dynamicAsserts = `variable "most" { default = 0.02 }
locals { limits = { decode = 0.98, prefill = 0.9 } }
experiment "x" {
  plugin = "fake"
  matrix = { bits = [4, 8] }
  config {
    model = "small"
    bits  = matrix.bits
  }
  variant "a" { baseline = true }
  variant "b" {
    config { fused = true }
  }
  dynamic "assert" {
    for_each = local.limits
    labels   = ["no loss in ${assert.key}"]
    content {
      condition     = ratio[assert.key] > assert.value
      error_message = "${assert.key}: ${ratio[assert.key]}, ${ratio.decode.lower} or more"
    }
  }
  assert "error" { condition = metric.rel_err <= var.most * matrix.bits && file("one.txt") == "1" }
}
`

const jsonAsserts = `{"experiment": {"x": {
  "plugin": "fake",
  "matrix": {"bits": [4, 8]},
  "config": {"model": "small", "bits": "${matrix.bits}"},
  "variant": {"a": {"baseline": true}, "b": {"config": {"fused": true}}},
  "dynamic": {"assert": {
    "for_each": {"decode": 0.98, "prefill": 0.9},
    "labels": ["no loss in ${assert.key}"],
    "content": {
      "condition": "${ratio[assert.key] > assert.value}",
      "error_message": "${assert.key}: ${ratio[assert.key]}, ${ratio.decode.lower} or more"
    }
  }},
  "assert": {"error": {"condition": "${metric.rel_err <= 0.02 * matrix.bits}"}}
}}}
`

// A document's condition is answered without the configuration: what it needs of
// iterators, variables and files is in it, in both syntaxes.
func TestConditionsStandAlone(t *testing.T) {
	for name, text := range map[string]string{"x.hcl": dynamicAsserts, "x.hcl.json": jsonAsserts} {
		t.Run(name, func(t *testing.T) {
			dir := write(t, map[string]string{name: text, "one.txt": "1"})
			m, diags := Load([]string{dir}, Options{Version: "0.1.0"})
			list, more := m.Resolve(fakeOptions())
			if diags = append(diags, more...); diags.HasErrors() {
				t.Fatal(diags)
			}
			e := list[0]
			read := func(_, variant string, n judge.Number) judge.Reading {
				r := judge.Reading{Rounds: 8}
				switch n.Root {
				case expr.Ratio:
					r.Arm.LogRatios, r.Control.LogRatios = repeated(-0.05), repeated(0)
				case expr.Metric:
					r.Arm.Values = repeated(0.1)
				}
				return r
			}
			plan, err := e.Plan(judge.Method{})
			if err != nil {
				t.Fatal(err)
			}
			want := map[string]judge.Verdict{
				"bits=4 error a": judge.Fail, "bits=4 error b": judge.Fail, "bits=8 error a": judge.Pass, "bits=8 error b": judge.Pass,
				"no loss in decode b": judge.Fail, "no loss in prefill b": judge.Pass, "no loss in decode a": judge.Pass, "no loss in prefill a": judge.Pass,
			}
			for _, q := range judge.Ask(e.JudgedAsserts(), e.places()) {
				got := judge.Answer(plan, q, read)
				key := q.Name + " " + q.Of
				if q.Name == "error" {
					key = q.Case() + " " + key
				}
				if got.Verdict != want[key] {
					t.Errorf("%s: %s (%s), want %s", key, got.Verdict, got.Message, want[key])
				}
				if q.Name != "no loss in decode" || got.Verdict != judge.Fail {
					continue
				}
				for i := range e.Asserts {
					if e.Asserts[i].Name != q.Name {
						continue
					}
					text, diags := e.Message(&e.Asserts[i], &e.Cases[0], got)
					if diags.HasErrors() || !strings.HasPrefix(text, "decode: 0.951") || !strings.HasSuffix(text, " or more") {
						t.Errorf("message %q, %v", text, diags)
					}
				}
			}
		})
	}
}

func repeated(x float64) (out []float64) {
	for range 24 {
		out = append(out, x)
	}
	return out
}
