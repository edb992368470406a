package config

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/assay-bench/assay/core/judge"
)

// Whatever bounds a value for the judge is an argument of a guardrail, which may
// hang on the case, and reaches the judge.
func TestBoundsReachTheJudge(t *testing.T) {
	found := 0
	for i := range reflect.TypeFor[judge.Guardrail]().NumField() {
		field := reflect.TypeFor[judge.Guardrail]().Field(i)
		var judged judge.Guardrail
		if !set(reflect.ValueOf(&judged).Elem().Field(i)) || !judged.Absolute() {
			continue
		}
		found++
		argument, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		argument = strings.TrimSuffix(argument, "_ns")
		if !slices.Contains(caseBounds, argument) {
			t.Errorf("caseBounds has no %s", argument)
		}
		read := Guardrail{Phase: "decode"}
		own := reflect.ValueOf(&read).Elem().FieldByName(field.Name)
		if !own.IsValid() || !set(own) {
			t.Errorf("a guardrail of this package has no %s", field.Name)
			continue
		}
		if e := (&Experiment{}); !read.Absolute() || reflect.ValueOf(e.oneJudged(&read)).Field(i).IsZero() {
			t.Errorf("%s does not count as absolute, or is not handed to the judge", field.Name)
		}
	}
	if found < 4 {
		t.Errorf("%d bounds", found)
	}
}

// set gives a number, or what points to one, a value.
func set(v reflect.Value) bool {
	switch {
	case v.Type() == reflect.TypeFor[*float64]():
		v.Set(reflect.ValueOf(new(float64)))
	case v.CanInt():
		v.SetInt(1)
	default:
		return false
	}
	return true
}
