package record

import (
	"encoding/json"
	"strconv"
	"strings"
	"testing"
)

// arms is one digest for each of four visits of an arm, two in each of two rounds.
type arms map[string][4]string

// dispatched is a document whose arms dispatched so.
func dispatched(ran arms) *Result {
	r := &Result{Programs: []Program{{Plugin: Binary{SHA256: "aa"}, Kind: "cuda"}}}
	r.Experiment.Measure.Phases = []string{"decode"}
	c := Case{ID: "default", Variants: []Variant{
		{Name: "plain", Role: RoleBaseline, Config: json.RawMessage(`{"patches":[],"tokens":1}`)},
		{Name: "patched", Role: RoleVariant, Config: json.RawMessage(`{"patches":["fused"],"tokens":1}`)},
		{Name: "both", Role: RoleVariant, Config: json.RawMessage(`{"patches":["fused","dead"],"tokens":1}`)},
		{Name: "control", Role: RoleControl, Config: json.RawMessage(`{"patches":[],"tokens":1}`)},
	}}
	for i := range 2 {
		d := Round{Counted: true}
		for _, v := range c.Variants {
			d.Arms = append(d.Arms, v.Name)
			of := ran[v.Name]
			for _, digest := range of[2*i : 2*i+2] {
				d.Visits = append(d.Visits, Visit{Variant: v.Name, Phase: "decode", Kernels: digest})
			}
		}
		c.Rounds = append(c.Rounds, d)
	}
	r.Cases = []Case{c}
	return r
}

func all(digest string) [4]string { return [4]string{digest, digest, digest, digest} }

func TestSameKernels(t *testing.T) {
	const cuda, sim = "cuda", "sim"
	set := func(patched [4]string) func(arms) { return func(a arms) { a["patched"] = patched } }
	same := set(all("a"))
	for name, c := range map[string]struct {
		ran  func(arms)
		doc  func(*Result)
		want string // of patched and plain
	}{
		"different":                   {nil, nil, "false"},
		"same":                        {same, nil, "true"},
		"same, by round":              {func(a arms) { a["plain"], a["patched"], a["control"] = by("a", "c"), by("a", "c"), by("a", "c") }, nil, "true"},
		"different in one round":      {set(by("a", "b")), nil, "false"},
		"unsteady":                    {set([4]string{"a", "b", "a", "a"}), nil, "nil"},
		"unsteady at the end":         {set([4]string{"a", "a", "b", "a"}), nil, "nil"},
		"baseline unlike its control": {func(a arms) { a["control"] = all("z") }, nil, "nil"},
		"not known":                   {set(all("")), nil, "nil"},
		"nobody knows":                {func(a arms) { clear(a) }, nil, "nil"},
		"a visit that does not say":   {set([4]string{"a", "", "a", "a"}), nil, "nil"},
		"not measured":                {same, func(r *Result) { r.Cases[0].Rounds = nil }, "nil"},
		"a round that does not count": {set(by("a", "b")), func(r *Result) { r.Cases[0].Rounds[1].Counted = false }, "true"},
		"a round without the variant": {set(by("a", "")), func(r *Result) { r.Cases[0].Rounds[1].Arms = []string{"plain", "control"} }, "true"},
		"two binaries":                {same, func(r *Result) { other(r, Program{Plugin: Binary{SHA256: "bb"}, Kind: cuda}) }, "nil"},
		"two kinds of device":         {same, func(r *Result) { other(r, Program{Plugin: Binary{SHA256: "aa"}, Kind: sim}) }, "nil"},
		"two environments":            {same, func(r *Result) { other(r, Program{Plugin: Binary{SHA256: "aa"}, Kind: cuda}) }, "true"},
		"a document without programs": {same, func(r *Result) { r.Programs = nil }, "nil"},
		"a superseded visit":          {same, unlike, "true"},
	} {
		a := arms{"plain": all("a"), "patched": all("b"), "both": all("b"), "control": all("a")}
		if c.ran != nil {
			c.ran(a)
		}
		r := dispatched(a)
		if c.doc != nil {
			c.doc(r)
		}
		got := "nil"
		if same := r.SameKernels(&r.Cases[0], "patched", "plain"); same != nil {
			got = strconv.FormatBool(*same)
		}
		if got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

func by(first, second string) [4]string { return [4]string{first, first, second, second} }

func other(r *Result, p Program) {
	r.Programs = append(r.Programs, p)
	r.Cases[0].Variants[1].Program = 1
}

func unlike(r *Result) {
	d := &r.Cases[0].Rounds[0]
	d.Visits = append(d.Visits, Visit{Variant: "patched", Phase: "decode", Kernels: "z", Superseded: true})
}

// TestUndispatched: what a variant changes without a dispatch is named, beside the
// earliest variant that ran the same, and a plugin cannot speak in the host's name.
func TestUndispatched(t *testing.T) {
	r := dispatched(arms{"plain": all("a"), "patched": all("b"), "both": all("b"), "control": all("a")})
	r.Findings = []Finding{{Kind: "culprits", Summary: "the plugin's"}, {Kind: KindSameKernels, Summary: "the plugin's too"}}
	for range 2 { // the second time changes nothing
		r.Findings = append(r.PluginFindings(), r.sameKernels()...)
	}
	if len(r.Findings) != 2 || r.Findings[0].Kind != "culprits" || r.Findings[1].Kind != KindSameKernels {
		t.Fatalf("findings are %+v", r.Findings)
	}
	if got, want := r.Findings[1].Summary, `"both" and "patched" ran the same kernels: patches (["fused","dead"], not ["fused"]) changed no dispatch`; got != want {
		t.Errorf("it says %q, want %q", got, want)
	}
	r.Cases[0].Variants[2].Equals = "patched" // on purpose
	if got := r.sameKernels(); got != nil {
		t.Errorf("an A/A arm is found: %+v", got)
	}

	r = dispatched(arms{"plain": all("a"), "patched": all("a"), "both": all("b"), "control": all("a")})
	other(r, Program{Plugin: Binary{SHA256: "aa"}, Kind: "cuda", Environment: []Variable{{Name: "OMP_NUM_THREADS", Value: "4"}}})
	got := r.sameKernels()
	if len(got) != 1 || !strings.Contains(got[0].Summary, `"patched" and "plain" ran the same kernels: patches (["fused"], not []), env.OMP_NUM_THREADS changed no dispatch`) {
		t.Errorf("findings are %+v", got)
	}
	r.Programs[1].Index = 1 // another GPU: that is what differs
	if got := r.sameKernels(); got != nil {
		t.Errorf("two GPUs are found: %+v", got)
	}
}

// TestKernelsOfAVisit: the first visit's list stays with its variant.
func TestKernelsOfAVisit(t *testing.T) {
	r := dispatched(arms{})
	k, err := NewKernels([]Dispatched{{Kernel: "k", Count: 1.5}, {Kernel: "l", Count: 2}})
	if err != nil || len(k.Digest) != 16 || k.count() != 3.5 {
		t.Fatalf("%+v, %v", k, err)
	}
	for i, list := range []*Kernels{&k, {Digest: "later"}, nil} {
		e := VisitEvent{Case: "default", Round: 1, Kernels: list, Visit: Visit{Index: 9 + i, Variant: "patched", Phase: "decode", Pass: 1, Kernels: k.Digest}}
		if err := r.Apply(Event{Data: e}); err != nil {
			t.Fatal(err)
		}
	}
	if got := r.Cases[0].Variants[1].Kernels["decode"]; got.Digest != k.Digest || len(got.Dispatched) != 2 {
		t.Errorf("the variant has %+v", got)
	}
	if other, err := NewKernels(k.Dispatched[:1]); err != nil || other.Digest == k.Digest {
		t.Errorf("another list has the digest %s too, %v", other.Digest, err)
	}
}
