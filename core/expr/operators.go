package expr

import (
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
)

// arithmetic are HCL's operators with an answer for intervals. Known numbers go
// to HCL's own, with all their digits and errors.
var arithmetic = map[*hclsyntax.Operation]*hclsyntax.Operation{
	hclsyntax.OpAdd: onIntervals(hclsyntax.OpAdd, func(al, ah, bl, bh float64) (lo, hi float64) { return al + bl, ah + bh }),
	hclsyntax.OpSubtract: onIntervals(hclsyntax.OpSubtract, func(al, ah, bl, bh float64) (lo, hi float64) {
		return al - bh, ah - bl
	}),
	hclsyntax.OpMultiply: onIntervals(hclsyntax.OpMultiply, func(al, ah, bl, bh float64) (lo, hi float64) {
		return corners(times, al, ah, bl, bh)
	}),
	hclsyntax.OpDivide: onIntervals(hclsyntax.OpDivide, func(al, ah, bl, bh float64) (lo, hi float64) {
		bl, bh = reciprocal(bl, bh)
		return corners(times, al, ah, bl, bh)
	}),
}

var negation = &hclsyntax.Operation{Type: cty.Number, Impl: function.New(&function.Spec{
	Params: []function.Parameter{number("n")}, Type: function.StaticReturnType(cty.Number),
	Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
		if args[0].IsKnown() {
			return args[0].Negate(), nil
		}
		lo, hi := boundsOf(args[0])
		return between(-hi, -lo), nil
	},
})}

func number(name string) function.Parameter {
	return function.Parameter{Name: name, Type: cty.Number, AllowUnknown: true, AllowDynamicType: true}
}

func onIntervals(known *hclsyntax.Operation, f func(al, ah, bl, bh float64) (lo, hi float64)) *hclsyntax.Operation {
	return &hclsyntax.Operation{Type: cty.Number, Impl: function.New(&function.Spec{
		Params: []function.Parameter{number("a"), number("b")}, Type: function.StaticReturnType(cty.Number),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			if args[0].IsKnown() && args[1].IsKnown() {
				return known.Impl.Call(args)
			}
			if known == hclsyntax.OpDivide && args[1].IsKnown() && args[1].AsBigFloat().Sign() == 0 {
				return cty.NilVal, function.NewArgErrorf(1, "cannot divide by zero")
			}
			al, ah := boundsOf(args[0])
			bl, bh := boundsOf(args[1])
			return between(f(al, ah, bl, bh)), nil
		},
	})}
}

// order are the comparisons that an interval may decide: undecided where some
// values of the intervals make it true, and others false.
var order = map[*hclsyntax.Operation]func(al, ah, bl, bh float64) (yes, no bool){
	hclsyntax.OpGreaterThan:        func(al, ah, bl, bh float64) (yes, no bool) { return al > bh, ah <= bl },
	hclsyntax.OpGreaterThanOrEqual: func(al, ah, bl, bh float64) (yes, no bool) { return al >= bh, ah < bl },
	hclsyntax.OpLessThan:           func(al, ah, bl, bh float64) (yes, no bool) { return ah < bl, al >= bh },
	hclsyntax.OpLessThanOrEqual:    func(al, ah, bl, bh float64) (yes, no bool) { return ah <= bl, al > bh },
	hclsyntax.OpEqual:              func(al, ah, bl, bh float64) (yes, no bool) { return false, ah < bl || al > bh },
	hclsyntax.OpNotEqual:           func(al, ah, bl, bh float64) (yes, no bool) { return ah < bl || al > bh, false },
}

// compares gives a comparison that decides on intervals and tells what it
// compared.
func compares(of *hclsyntax.Operation, tell func(Comparison)) *hclsyntax.Operation {
	parameter := number
	if of == hclsyntax.OpEqual || of == hclsyntax.OpNotEqual {
		parameter = func(name string) function.Parameter {
			return function.Parameter{Name: name, Type: cty.DynamicPseudoType, AllowUnknown: true, AllowDynamicType: true, AllowNull: true}
		}
	}
	return &hclsyntax.Operation{Type: cty.Bool, Impl: function.New(&function.Spec{
		Params: []function.Parameter{parameter("a"), parameter("b")}, Type: function.StaticReturnType(cty.Bool),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			a, b := args[0], args[1]
			if a.IsWhollyKnown() && b.IsWhollyKnown() || !isNumber(a) || !isNumber(b) {
				return of.Impl.Call(args)
			}
			c := Comparison{}
			c.Left.Lower, c.Left.Upper = boundsOf(a)
			c.Right.Lower, c.Right.Upper = boundsOf(b)
			yes, no := order[of](c.Left.Lower, c.Left.Upper, c.Right.Lower, c.Right.Upper)
			if yes || no {
				return cty.BoolVal(yes), nil
			}
			tell(c)
			return cty.UnknownVal(cty.Bool).RefineNotNull(), nil
		},
	})}
}

func isNumber(v cty.Value) bool {
	return v.Type() == cty.Number && !v.IsNull() || v.Type() == cty.DynamicPseudoType && !v.IsKnown()
}
