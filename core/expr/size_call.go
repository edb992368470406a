package expr

import (
	"math"
	"strconv"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
)

// fileBytes is the most that file() reads.
const fileBytes = 1 << 20

// growing are the functions whose result can be larger than their arguments
// together. Each bounds its result, in bytes, by its arguments and their size.
var growing = map[string]func(args []cty.Value, bytes float64) float64{
	"file":  func([]cty.Value, float64) float64 { return fileBytes },
	"range": func([]cty.Value, float64) float64 { return 1024 * 2 * perValue }, // cty makes no longer one
	"join": func(args []cty.Value, bytes float64) float64 {
		n := 0.0
		for _, list := range args[1:] {
			n += count(list)
		}
		return bytes + n*text(args[0])
	},
	"replace": func(args []cty.Value, bytes float64) float64 {
		if len(args) < 3 || !known(args[0]) || !known(args[1]) {
			return bytes
		}
		return bytes + float64(strings.Count(args[0].AsString(), args[1].AsString()))*text(args[2])
	},
	"regexreplace": func(args []cty.Value, bytes float64) float64 {
		if len(args) < 3 || !known(args[2]) {
			return bytes
		}
		groups := float64(strings.Count(args[2].AsString(), "$"))
		return bytes + (text(args[0])+1)*text(args[2]) + text(args[0])*groups
	},
	"regexall": func(args []cty.Value, bytes float64) float64 {
		if len(args) < 2 || !known(args[0]) {
			return bytes
		}
		return bytes + (text(args[1])+1)*perValue*float64(1+strings.Count(args[0].AsString(), "("))
	},
	"split": func(args []cty.Value, bytes float64) float64 {
		if len(args) < 2 || !known(args[0]) || !known(args[1]) {
			return bytes
		}
		return bytes + float64(1+strings.Count(args[1].AsString(), args[0].AsString()))*perValue
	},
	"format":     formatted,
	"formatlist": formatted,
	"indent":     func(args []cty.Value, bytes float64) float64 { return bytes + whole(args[0])*(bytes+1) },
	"setproduct": func(args []cty.Value, _ float64) float64 {
		n, row := 1.0, float64(perValue)
		for _, list := range args {
			largest := 0.0
			if count(list) > 0 {
				for _, x := range list.Elements() {
					largest = math.Max(largest, Size(x))
				}
			}
			n, row = n*math.Max(1, count(list)), row+largest
		}
		return perValue + n*row
	},
	"csvdecode":  func(args []cty.Value, _ float64) float64 { return perValue + text(args[0])*perValue/2 }, // "1,"
	"jsondecode": func(args []cty.Value, _ float64) float64 { return perValue + text(args[0])*perValue/2 },
	"jsonencode": func(args []cty.Value, _ float64) float64 { return perValue + written(args[0]) },
}

// call bounds the result of a function. The arguments of one that grows are
// evaluated; of others the result is no larger than what they get.
func (m *meter) call(e *hclsyntax.FunctionCallExpr, scope *hcl.EvalContext) float64 {
	rule := growing[e.Name]
	if rule == nil {
		const number = 400 // digits that a function of numbers may make
		return number + m.sum(scope, e.Args...)
	}
	var args []cty.Value
	bytes := float64(perValue)
	for i, a := range e.Args {
		v, size, ok := m.evaluated(a, scope)
		bytes += size
		switch {
		case !ok:
			return bytes // it fails for this reason, or is refused
		case i == len(e.Args)-1 && e.ExpandFinal && v.IsKnown() && !v.IsNull() && v.CanIterateElements():
			for _, x := range v.Elements() {
				args = append(args, x)
			}
		default:
			args = append(args, v)
		}
	}
	if len(args) == 0 {
		return bytes
	}
	return rule(args, bytes)
}

// formatted adds the widths that verbs ask for, and arguments that are named more
// than once.
func formatted(args []cty.Value, bytes float64) float64 {
	if !known(args[0]) {
		return bytes
	}
	verbs, wide := 1.0, 0.0
	spec := args[0].AsString()
	for i := strings.IndexByte(spec, '%'); i >= 0; i = strings.IndexByte(spec, '%') {
		spec = spec[i+1:]
		verbs++
		for len(spec) > 0 && strings.IndexByte("+-# 0123456789.*[]", spec[0]) >= 0 {
			n := len(spec) - len(strings.TrimLeft(spec, "0123456789"))
			if n == 0 {
				if spec[0] == '*' {
					for _, a := range args[1:] {
						wide += whole(a)
					}
				}
				spec = spec[1:]
				continue
			}
			if width, err := strconv.ParseFloat(spec[:n], 64); err == nil {
				wide += width
			}
			spec = spec[n:]
		}
	}
	rows := 1.0
	for _, a := range args[1:] {
		rows = math.Max(rows, count(a))
	}
	return rows*wide + 6*verbs*bytes // %#v writes JSON
}

// written bounds the JSON of a value that is no larger than an expression may make.
func written(v cty.Value) float64 {
	switch {
	case known(v):
		return 2 + 6*text(v) // \u0000
	case v.IsMarked() || !v.IsKnown() || v.IsNull():
		return 4
	case v.Type() == cty.Number:
		return digits(v)
	case !v.CanIterateElements():
		return 8
	}
	bytes := 2.0
	for k, x := range v.Elements() {
		bytes += 2 + written(x)
		if known(k) {
			bytes += 2 + 6*text(k)
		}
	}
	return bytes
}

func known(v cty.Value) bool {
	return v.IsKnown() && !v.IsNull() && v.Type() == cty.String && !v.IsMarked()
}

// text is the length of a string, 0 of anything else.
func text(v cty.Value) float64 {
	if !known(v) {
		return 0
	}
	return float64(len(v.AsString()))
}

// count is the number of elements, 0 of what has none.
func count(v cty.Value) float64 {
	if v.IsMarked() || !v.IsKnown() || v.IsNull() || !v.CanIterateElements() {
		return 0
	}
	return float64(v.LengthInt())
}

// whole is the size of a number, 0 of anything else.
func whole(v cty.Value) float64 {
	if v.IsMarked() || !v.IsKnown() || v.IsNull() || v.Type() != cty.Number {
		return 0
	}
	f, _ := v.AsBigFloat().Float64()
	return math.Abs(f)
}
