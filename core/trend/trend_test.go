package trend

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/assay-bench/assay/core/compare"
	"github.com/assay-bench/assay/core/internal/fakeresult"
	"github.com/assay-bench/assay/core/record"
)

func ptr(x float64) *float64 { return &x }

// session is an entry in which "fused" has a speed, known to one per cent.
func session(n int, speed float64, change func(*Entry)) *Entry {
	e := &Entry{
		Path: fmt.Sprint(n), Session: fmt.Sprint(n), Experiment: "gate", Started: time.Date(2026, 3, n, 0, 0, 0, 0, time.UTC), Verdict: "pass", Machine: "a",
		Setup:  []compare.Part{{Name: "device driver", Value: "1"}, {Name: "plugin digest", Value: "x"}},
		Speeds: []Speed{{Case: "default", Variant: "fused", Phase: "decode", Config: "c", Ratio: record.Ratio{Estimate: speed, Lower: ptr(speed - 0.01), Upper: ptr(speed + 0.01)}}},
		Floors: []Floor{{"decode", 0.001 * float64(n)}},
	}
	if change != nil {
		change(e)
	}
	return e
}

func TestChanges(t *testing.T) {
	unbelieved := func(e *Entry) { e.Speeds[0].Unbelieved = "a check failed" }
	for _, k := range []struct {
		name     string
		sessions []*Entry
		want     []string // of each session
	}{
		{"nothing but noise", []*Entry{session(1, 1, nil), session(2, 1.015, nil), session(3, 0.99, nil)}, []string{"", "", ""}},
		{"a loss that stays", []*Entry{session(1, 1, nil), session(2, 0.9, nil), session(3, 0.905, nil)}, []string{"", "slower -0.10 confirmed", ""}},
		{"one session alone", []*Entry{session(1, 1, nil), session(2, 0.9, nil), session(3, 1, nil)}, []string{"", "", ""}},
		{"the last session", []*Entry{session(1, 1, nil), session(2, 1.1, nil)}, []string{"", "faster +0.10"}},
		{"a slow drift", []*Entry{session(1, 1, nil), session(2, 1.015, nil), session(3, 1.03, nil), session(4, 1.04, nil)}, []string{"", "", "faster +0.03 confirmed", ""}},
		{"there and back", []*Entry{session(1, 1, nil), session(2, 0.9, nil), session(3, 0.9, nil), session(4, 1, nil), session(5, 1, nil)},
			[]string{"", "slower -0.10 confirmed", "", "faster +0.11 confirmed", ""}},
		{"what is not believed is passed over", []*Entry{session(1, 1, nil), session(2, 0.5, unbelieved), session(3, 1, nil)}, []string{"", "", ""}},
		{"another configuration is another series", []*Entry{session(1, 1, nil), session(2, 0.9, func(e *Entry) { e.Speeds[0].Config = "d" }), session(3, 0.9, func(e *Entry) { e.Speeds[0].Config = "d" })},
			[]string{"", "begins", ""}},
		{"too few rounds for an interval", []*Entry{session(1, 1, nil), session(2, 0.5, func(e *Entry) { e.Speeds[0].Ratio.Upper = nil })}, []string{"", ""}},
		{"another driver", []*Entry{session(1, 1, nil), session(2, 1, func(e *Entry) { e.Setup[0].Value = "2" })}, []string{"", "another device driver"}},
		{"another machine", []*Entry{session(1, 1, nil), session(2, 1, func(e *Entry) { e.Machine = "b" })}, []string{"", "another machine"}},
	} {
		t.Run(k.name, func(t *testing.T) {
			all := Trends(k.sessions)
			if len(all) != 1 {
				t.Fatalf("%d trends", len(all))
			}
			var got []string
			for _, s := range all[0].Steps {
				var words []string
				if s.Begins != "" {
					words = append(words, "begins")
				}
				if s.Change != "" {
					words = append(words, string(s.Change), fmt.Sprintf("%+.2f", s.By))
				}
				if s.Confirmed {
					words = append(words, "confirmed")
				}
				for _, d := range s.Differs {
					words = append(words, "another "+d)
				}
				got = append(got, strings.Join(words, " "))
			}
			if diff := cmp.Diff(k.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestMachines(t *testing.T) {
	simulated := session(9, 1, func(e *Entry) { e.Simulated = true })
	got := Machines([]*Entry{session(1, 1, nil), session(3, 1, nil), session(2, 1, nil), simulated})
	if diff := cmp.Diff([]Quiet{{"a", "decode", 3, 0.001, 0.002, 0.003}}, got); diff != "" {
		t.Error(diff)
	}
	if len(Trends([]*Entry{simulated})) != 0 {
		t.Error("a simulated session has a trend")
	}
}

// place writes a document of a session on a day.
func place(t *testing.T, dir string, day int, o fakeresult.Options) string {
	t.Helper()
	o.Session = fmt.Sprintf("202603%02dT120000Z-000001", day)
	change := o.Change
	o.Change = func(r *record.Result) {
		r.Session.Started = time.Date(2026, 3, day, 12, 0, 0, 0, time.UTC)
		if change != nil {
			change(r)
		}
	}
	r, err := fakeresult.New(o)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "gate", r.Session.ID+".json")
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := record.WriteResult(path, r, nil); err != nil {
		t.Fatal(err)
	}
	return path
}

func sentence(r *record.Result) string { return "it is a " + r.Verdict }

func TestIndex(t *testing.T) {
	dir, file := t.TempDir(), filepath.Join(t.TempDir(), "deep", "index.jsonl")
	warn := func(err error) { t.Helper(); t.Error(err) }
	place(t, dir, 2, fakeresult.Options{Seed: 2})
	first := place(t, dir, 1, fakeresult.Options{})
	for name, text := range map[string]string{"broken.json": `{"schema_version": 2, "cases": [`, "rows.json": "[]", "other.json": `{"a": 1}`} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	b, err := os.ReadFile(first)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "gate.json"), b, 0o644); err != nil { // a copy of the latest
		t.Fatal(err)
	}
	open := func(fresh int) *Index {
		t.Helper()
		x, err := Read(dir, file, sentence, warn)
		if err != nil {
			t.Fatal(err)
		}
		if x.Fresh != fresh {
			t.Errorf("%d documents read, want %d", x.Fresh, fresh)
		}
		return x
	}
	x := open(6)
	results := x.Results()
	if len(results) != 2 || results[0].Session != "20260301T120000Z-000001" || len(results[0].Speeds) != 1 || results[0].Speeds[0].Verdict != "pass" || results[0].Sentence != "it is a pass" {
		t.Errorf("%+v", results)
	}
	if faults := x.Faults(); len(faults) != 1 || !strings.Contains(faults[0], "broken.json: it ends in the middle") {
		t.Errorf("faults %q", faults)
	}
	if diff := cmp.Diff(results, open(0).Results()); diff != "" {
		t.Error("the index does not say what the documents say:", diff)
	}

	place(t, dir, 3, fakeresult.Options{Seed: 3})
	again, err := x.Again("", sentence, warn)
	if err != nil || again.Fresh != 1 || len(again.Results()) != 3 {
		t.Errorf("with the index at hand: %+v, error %v", again, err)
	}
	if n := len(open(1).Results()); n != 3 {
		t.Errorf("%d results after one more", n)
	}
	if err := os.Remove(first); err != nil {
		t.Fatal(err)
	}
	open(0)
	for _, spoilt := range []string{"", "{}\n", `{"assay_index":2,"folder":"` + dir + `"}` + "\n{\"path\":", "\x00"} {
		if err := os.WriteFile(file, []byte(spoilt), 0o600); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(x.Results()[1:], open(6).Results()[1:2]); diff != "" {
			t.Errorf("from the index %q: %s", spoilt, diff)
		}
	}
}

// A variant that computes something else is not believed, with its rounds unread.
func TestFailedChecksAreSeen(t *testing.T) {
	for name, prepared := range map[string]record.Prepared{
		"a check":       {Variant: "fused", Checks: []record.Check{{Name: "close", Kind: "correctness", When: "before", Value: 2, Limit: 1}}},
		"other outputs": {Variant: "fused", Outputs: map[string]string{"tokens": "b"}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			r, err := fakeresult.New(fakeresult.Options{})
			if err != nil {
				t.Fatal(err)
			}
			d := &r.Cases[0].Rounds[3]
			d.Prepared = []record.Prepared{{Variant: "separate", Outputs: map[string]string{"tokens": "a"}}, prepared}
			if err := record.WriteResult(filepath.Join(dir, "a.json"), r, nil); err != nil {
				t.Fatal(err)
			}
			x, err := Read(dir, "", sentence, func(err error) { t.Error(err) })
			if err != nil {
				t.Fatal(err)
			}
			if all := x.Results(); len(all) != 1 || !strings.Contains(all[0].Speeds[0].Unbelieved, "computes something else") {
				t.Errorf("%+v", all)
			}
		})
	}
}
