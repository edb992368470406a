package ddmin

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// drive answers every question until the search ends.
func drive(t *testing.T, changes []string, truth func(map[string]bool) Answer) (Result, []string) {
	t.Helper()
	known := map[string]Answer{}
	var asked []string
	for range 200 {
		r := Search(changes, func(set []string) Answer { return known[Key(set)] })
		if r.Ask == nil {
			return r, asked
		}
		k := Key(r.Ask)
		if known[k] != Unknown {
			t.Fatalf("asked for %q twice", k)
		}
		in := map[string]bool{}
		for _, e := range r.Ask {
			in[e] = true
		}
		known[k] = truth(in)
		asked = append(asked, k)
	}
	t.Fatal("the search does not end")
	return Result{}, nil
}

func failsWith(sets ...string) func(map[string]bool) Answer {
	return func(in map[string]bool) Answer {
		for _, s := range sets {
			if !slices.ContainsFunc(strings.Split(s, "+"), func(e string) bool { return !in[e] }) {
				return Fails
			}
		}
		return Passes
	}
}

func TestSearch(t *testing.T) {
	five := []string{"gate_up", "gating", "combine", "norm", "rope"}
	tests := []struct {
		name     string
		changes  []string
		truth    func(map[string]bool) Answer
		culprits []Culprit
		whole    Answer
		rest     Answer
		atMost   int
	}{
		{"one culprit", five, failsWith("norm"), []Culprit{{[]string{"norm"}, true}}, Fails, Passes, 8},
		{"first of five", five, failsWith("gate_up"), []Culprit{{[]string{"gate_up"}, true}}, Fails, Passes, 5},
		{"two that are slow only together", five, failsWith("gating+rope"), []Culprit{{[]string{"gating", "rope"}, true}}, Fails, Passes, 16},
		{"three together", five, failsWith("gate_up+combine+rope"), []Culprit{{[]string{"gate_up", "combine", "rope"}, true}}, Fails, Passes, 20},
		{"all together", []string{"a", "b", "c"}, failsWith("a+b+c"), []Culprit{{[]string{"a", "b", "c"}, true}}, Fails, Passes, 10},
		{"two independent causes", five, failsWith("gating", "rope"), []Culprit{{[]string{"gating"}, true}, {[]string{"rope"}, true}}, Fails, Passes, 16},
		{"a cause and an interaction", five, failsWith("gating", "norm+rope"), []Culprit{{[]string{"gating"}, true}, {[]string{"norm", "rope"}, true}}, Fails, Passes, 20},
		{"only one change", []string{"gate_up"}, failsWith("gate_up"), []Culprit{{[]string{"gate_up"}, true}}, Fails, Passes, 1},
		{"nothing to explain", five, failsWith(), nil, Passes, Passes, 1},
		{"no changes", nil, failsWith(), nil, Passes, Passes, 0},
		{"the whole cannot be told", five, func(map[string]bool) Answer { return Undecided }, nil, Undecided, Undecided, 1},
		{
			"a part cannot be told", []string{"a", "b"},
			func(in map[string]bool) Answer {
				if in["a"] && in["b"] {
					return Fails
				}
				return Undecided
			},
			[]Culprit{{[]string{"a", "b"}, false}}, Fails, Passes, 3,
		},
		{
			"one culprit among undecided ones", five,
			func(in map[string]bool) Answer {
				if in["combine"] {
					return Fails
				}
				return Undecided
			},
			[]Culprit{{[]string{"combine"}, true}}, Fails, Undecided, 10,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, asked := drive(t, tt.changes, tt.truth)
			if diff := cmp.Diff(tt.culprits, got.Culprits); diff != "" {
				t.Errorf("culprits (-want +got):\n%s", diff)
			}
			if got.Whole != tt.whole || got.Rest != tt.rest {
				t.Errorf("whole %v rest %v, want %v %v", got.Whole, got.Rest, tt.whole, tt.rest)
			}
			if len(asked) > tt.atMost {
				t.Errorf("asked %d times, want at most %d: %v", len(asked), tt.atMost, asked)
			}
			if got.Asked != len(asked) {
				t.Errorf("Asked %d, really %d", got.Asked, len(asked))
			}
		})
	}
}

// Every failing pair and triple among six changes is found exactly.
func TestSearchFindsEveryInteraction(t *testing.T) {
	all := []string{"a", "b", "c", "d", "e", "f"}
	for bits := 1; bits < 1<<len(all); bits++ {
		var set []string
		for i, e := range all {
			if bits>>i&1 == 1 {
				set = append(set, e)
			}
		}
		got, _ := drive(t, all, failsWith(strings.Join(set, "+")))
		if len(got.Culprits) != 1 || Key(got.Culprits[0].Set) != Key(set) || !got.Culprits[0].Minimal {
			t.Errorf("%v: found %+v", set, got.Culprits)
		}
	}
}

func TestKeyIgnoresOrderAndRepeats(t *testing.T) {
	if a, b := Key([]string{"x", "a", "x"}), Key([]string{"a", "x"}); a != b {
		t.Errorf("%q and %q differ", a, b)
	}
}
