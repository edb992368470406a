package record

import "testing"

func TestFilesDiffer(t *testing.T) {
	doc := func(sum string, change func(*Result)) *Result {
		r := &Result{
			Files: []NamedFile{{Path: "/w/bench.py", SHA256: sum}, {Path: "/w", Unread: "it is a folder"}},
			Cases: []Case{{Variants: []Variant{{Name: "a", ConfigDigest: "c", Files: []int{0, 1, 7}}}}},
		}
		if change != nil {
			change(r)
		}
		return r
	}
	for _, c := range []struct {
		name  string
		other *Result
		want  int
	}{
		{"equal", doc("11", nil), 0},
		{"edited", doc("22", nil), 1},
		{"another configuration", doc("22", func(r *Result) { r.Cases[0].Variants[0].ConfigDigest = "d" }), 0},
		{"not read there", doc("", nil), 0},
		{"the arm's own output", doc("22", func(r *Result) { r.Cases[0].Rounds = []Round{{Prepared: []Prepared{{Writes: []int{0}}}}} }), 0},
		{"a document without files", doc("22", func(r *Result) { r.Files = nil }), 0},
	} {
		r := doc("11", nil)
		if got := r.FilesDiffer(c.other, &r.Cases[0].Variants[0], &c.other.Cases[0].Variants[0]); len(got) != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}
