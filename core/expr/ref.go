package expr

import (
	"strconv"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/convert"
)

// A Ref names a measured number: ratio.decode, rate.decode, metric.rel_err,
// baseline.metric.rel_err, at[4].rate.decode.
type Ref struct {
	At   string // the case, by its value of the key that a condition is over; empty: the condition's own
	Root string // Ratio, Rate, Metric or Baseline; "at" where the case is computed
	Name string // of the phase or metric; empty: computed, so that it may be any
}

// Roots of measured numbers.
const (
	Ratio    = "ratio"
	Rate     = "rate"
	Metric   = "metric"
	Baseline = "baseline.metric"
	at       = "at"
)

func (r Ref) String() string {
	s := r.Root
	if r.At != "" {
		key := r.At
		if _, err := strconv.ParseFloat(key, 64); err != nil {
			key = strconv.Quote(key)
		}
		s = "at[" + key + "]." + s
	}
	if r.Name != "" {
		s += "." + r.Name
	}
	return s
}

// Key is how at[VALUE] finds a value of the matrix.
func Key(v cty.Value) string {
	s, err := convert.Convert(v, cty.String)
	if err != nil || s.IsNull() || !s.IsKnown() {
		return ""
	}
	return s.AsString()
}

// refOf is the measured number that a traversal names. rest is what the traversal
// takes of it, such as lower. ok is false for another name.
func refOf(t hcl.Traversal) (r Ref, rest hcl.Traversal, ok bool) {
	root := t.RootName()
	t = t[1:]
	if root == at {
		if len(t) < 2 || step(t[0]) == "" {
			return Ref{Root: at}, nil, true
		}
		r.At, root, t = step(t[0]), step(t[1]), t[2:]
	}
	if root == "baseline" {
		if len(t) == 0 || step(t[0]) != Metric {
			return Ref{Root: Baseline}, nil, true
		}
		root, t = Baseline, t[1:]
	}
	switch root {
	case Ratio, Rate, Metric, Baseline:
	default:
		return Ref{}, nil, false
	}
	r.Root = root
	if len(t) == 0 || step(t[0]) == "" {
		return r, nil, true
	}
	r.Name = step(t[0])
	return r, t[1:], true
}

func step(s hcl.Traverser) string {
	switch s := s.(type) {
	case hcl.TraverseAttr:
		return s.Name
	case hcl.TraverseIndex:
		return Key(s.Key)
	}
	return ""
}

// Scope makes measured numbers known to an expression. Every root is known, with
// no attributes where nothing of it was measured.
func Scope(parent *hcl.EvalContext, numbers map[Ref]cty.Value) *hcl.EvalContext {
	cases := map[string]map[string]map[string]cty.Value{"": {}}
	for r, v := range numbers {
		c := cases[r.At]
		if c == nil {
			c = map[string]map[string]cty.Value{}
			cases[r.At] = c
		}
		if c[r.Root] == nil {
			c[r.Root] = map[string]cty.Value{}
		}
		c[r.Root][r.Name] = v
	}
	child := parent.NewChild()
	child.Variables = objects(cases[""])
	elsewhere := map[string]cty.Value{}
	for key, c := range cases {
		if key != "" {
			elsewhere[key] = cty.ObjectVal(objects(c))
		}
	}
	if len(elsewhere) > 0 {
		// A condition over a key has no case of its own.
		child.Variables = map[string]cty.Value{at: cty.ObjectVal(elsewhere)}
	}
	return child
}

func objects(c map[string]map[string]cty.Value) map[string]cty.Value {
	return map[string]cty.Value{
		Ratio: cty.ObjectVal(c[Ratio]), Rate: cty.ObjectVal(c[Rate]), Metric: cty.ObjectVal(c[Metric]),
		"baseline": cty.ObjectVal(map[string]cty.Value{Metric: cty.ObjectVal(c[Baseline])}),
	}
}

// Is says that a number may be the one that a reference means: a computed one
// means any.
func (r Ref) Is(meant Ref) bool {
	if meant.Root == at {
		return true
	}
	return r.Root == meant.Root && (meant.Name == "" || meant.Name == r.Name) && (meant.At == "" || meant.At == r.At)
}
