package record

import (
	"math"
	"testing"
)

func TestFound(t *testing.T) {
	for want, k := range map[string]Check{
		"0.5, limit 0.002":                     {Value: 0.5, Limit: 0.002},
		"3, limit 0, at token 17":              {Value: 3, Detail: "at token 17"},
		"limit 1e-05, the value is NaN":        {Value: math.MaxFloat64, Limit: 1e-5, Detail: "the value is NaN"},
		"0.5, the limit is +Inf; of 200 lines": {Value: 0.5, Limit: math.MaxFloat64, Detail: "the limit is +Inf; of 200 lines"},
	} {
		if got := k.Found(); got != want {
			t.Errorf("%+v: %q, want %q", k, got, want)
		}
	}
}
