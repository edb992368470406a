package main

import (
	"strings"
	"testing"
)

func TestChoose(t *testing.T) {
	names := []string{"v_Absfloat16float16", "v_Absfloat32float32", "v_Log1pfloat16float16", "v_Sinfloat32float32", "rmsfloat32", "unknown"}
	for name, c := range map[string]struct {
		o    options
		want string // kernels, or a part of the error
	}{
		"spread":              {options{per: 2}, "v_Absfloat32float32 v_Sinfloat32float32"},
		"more than there are": {options{per: 9, sources: "mlx"}, "v_Absfloat16float16 v_Absfloat32float32 v_Log1pfloat16float16 v_Sinfloat32float32 rmsfloat32"},
		"short":               {options{per: 9, short: true}, "v_Log1pfloat16float16"},
		"by name":             {options{per: 1, kernels: "Abs"}, "v_Absfloat16float16 v_Absfloat32float32"},
		"without sources":     {options{per: 1, kernels: "rms"}, "1 match, none of a family that is compared"},
		"none of a family":    {options{per: 0}, "-per 0: want 1 or more"},
		"a negative number":   {options{per: -1}, "-per -1: want 1 or more"},
		"no expression":       {options{per: 1, kernels: "("}, "-kernels: error parsing regexp"},
	} {
		t.Run(name, func(t *testing.T) {
			jobs, err := choose(names, c.o)
			if err != nil {
				if !strings.Contains(err.Error(), c.want) {
					t.Errorf("error is %v, want %q in it", err, c.want)
				}
				return
			}
			var got []string
			for _, j := range jobs {
				got = append(got, j.kernel)
			}
			if text := strings.Join(got, " "); text != c.want {
				t.Errorf("chosen are %s, want %s", text, c.want)
			}
		})
	}
}
