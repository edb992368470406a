package jsonfuzz

import (
	"slices"
	"testing"
)

func TestWith(t *testing.T) {
	text, err := New(map[string]any{"a": []any{1, "two", map[string]any{}}, "b": nil})
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for n := range text.Values() {
		got = append(got, string(text.With(uint(n), []byte("_"))))
	}
	want := []string{
		`_`, `{"a":_,"b":null}`, `{"a":[_,"two",{}],"b":null}`, `{"a":[1,_,{}],"b":null}`, `{"a":[1,"two",_],"b":null}`, `{"a":[1,"two",{}],"b":_}`,
	}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}
