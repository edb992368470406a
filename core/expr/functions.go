package expr

import (
	"math"

	"github.com/zclconf/go-cty/cty"
	"github.com/zclconf/go-cty/cty/function"
	"github.com/zclconf/go-cty/cty/function/stdlib"
)

// keeping are the functions that give an interval for intervals.
var keeping = map[string]function.Function{
	"min": folding(stdlib.MinFunc, math.Min), "max": folding(stdlib.MaxFunc, math.Max),
	"abs": absolute, "log": logarithm,
}

// Keeps says that a function of intervals gives an interval.
func Keeps(name string) bool { _, ok := keeping[name]; return ok }

// folding is min or max: it takes the lower bounds and the upper bounds apart.
func folding(known function.Function, pick func(a, b float64) float64) function.Function {
	numbers := number("numbers")
	return function.New(&function.Spec{
		Description: known.Description(), VarParam: &numbers, Type: function.StaticReturnType(cty.Number),
		Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
			if len(args) == 0 || allKnown(args) {
				return known.Call(args)
			}
			lo, hi := boundsOf(args[0])
			for _, a := range args[1:] {
				l, h := boundsOf(a)
				lo, hi = pick(lo, l), pick(hi, h)
			}
			return between(lo, hi), nil
		},
	})
}

var absolute = function.New(&function.Spec{
	Description: stdlib.AbsoluteFunc.Description(), Params: []function.Parameter{number("num")}, Type: function.StaticReturnType(cty.Number),
	Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
		if allKnown(args) {
			return stdlib.AbsoluteFunc.Call(args)
		}
		lo, hi := boundsOf(args[0])
		if lo <= 0 && hi >= 0 {
			return between(0, math.Max(-lo, hi)), nil
		}
		a, b := math.Abs(lo), math.Abs(hi)
		return between(math.Min(a, b), math.Max(a, b)), nil
	},
})

// logarithm of an interval that reaches to 0 or below has no lower bound: of
// what lies there it has no value.
var logarithm = function.New(&function.Spec{
	Description: stdlib.LogFunc.Description(), Params: []function.Parameter{number("num"), number("base")}, Type: function.StaticReturnType(cty.Number),
	Impl: func(args []cty.Value, _ cty.Type) (cty.Value, error) {
		if allKnown(args) {
			return stdlib.LogFunc.Call(args)
		}
		logs := func(v cty.Value) (lo, hi float64) {
			lo, hi = boundsOf(v)
			return math.Log(math.Max(lo, 0)), math.Log(math.Max(hi, 0))
		}
		al, ah := logs(args[0])
		bl, bh := logs(args[1])
		bl, bh = reciprocal(bl, bh)
		return between(corners(times, al, ah, bl, bh)), nil
	},
})

func allKnown(args []cty.Value) bool {
	for _, a := range args {
		if !a.IsKnown() {
			return false
		}
	}
	return true
}
