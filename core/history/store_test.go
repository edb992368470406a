package history

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/assay-bench/assay/core/internal/fakeresult"
	"github.com/assay-bench/assay/core/record"
)

func env(pairs ...string) func(string) string {
	return func(name string) string {
		for i := 0; i < len(pairs); i += 2 {
			if pairs[i] == name {
				return pairs[i+1]
			}
		}
		return ""
	}
}

func TestWhereItIsKept(t *testing.T) {
	for _, c := range []struct {
		env  func(string) string
		want string
	}{
		{env("HOME", "/h"), "/h/.local/state/assay/history.jsonl"},
		{env("HOME", "/h", "XDG_STATE_HOME", "/s"), "/s/assay/history.jsonl"},
		{env("HOME", "/h", "XDG_STATE_HOME", "relative"), "/h/.local/state/assay/history.jsonl"},
		{env("HOME", "/h", "ASSAY_HISTORY", "/x/y.jsonl"), "/x/y.jsonl"},
		{env("HOME", "/h", "ASSAY_HISTORY", "off"), ""},
	} {
		s, err := Open(c.env)
		if err != nil || s.path != c.want {
			t.Errorf("%q, %v; want %q", s.path, err, c.want)
		}
	}
	if _, err := Open(env()); err == nil || !strings.Contains(err.Error(), "ASSAY_HISTORY") {
		t.Errorf("no home: %v", err)
	}
}

func session(t *testing.T, n int, noise float64) *record.Result {
	t.Helper()
	r, err := fakeresult.New(fakeresult.Options{
		Session: fmt.Sprintf("session-%d", n), Seed: uint64(n + 1), Noise: noise, Phases: []string{"decode", "prefill"},
		Cases: []string{"tokens=1", "tokens=4"},
	})
	if err != nil {
		t.Fatal(err)
	}
	r.Session.Ended = time.Date(2026, 3, 1+n, 0, 0, 0, 0, time.UTC)
	return r
}

func store(t *testing.T) *Store {
	return &Store{path: filepath.Join(t.TempDir(), "a", "history.jsonl")}
}

func load(t *testing.T, s *Store) *Knowledge {
	t.Helper()
	k, err := s.Load()
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestNoiseIsWhatTheControlsSaid(t *testing.T) {
	s := store(t)
	if k := load(t, s); len(k.Lessons) != 0 {
		t.Fatalf("%d lessons of no file", len(k.Lessons))
	}
	noises := []float64{0.05, 0.004, 0.004, 0.004, 0.004, 0.004} // a bad first session, six days ago
	var last *record.Result
	for n, noise := range noises {
		last = session(t, n, noise)
		if err := s.Append(last); err != nil {
			t.Fatal(err)
		}
	}
	k := load(t, s)
	if len(k.Lessons) != 12 || k.Sessions() != 6 || k.Skipped != 0 {
		t.Fatalf("%d lessons, %d sessions, %d skipped", len(k.Lessons), k.Sessions(), k.Skipped)
	}
	d := last.Metadata.Device
	q := Query{Machine: Machine(last.Metadata.Host, d.Kind), Plugin: "gate", Experiment: "fused_gate", Case: "tokens=4", Phase: "decode"}
	n, ok := k.Noise(q)
	if !ok || !n.Own || n.Sessions != 5 || n.Spread < 0.002 || n.Spread > 0.008 || n.NoiseFloor == nil || n.Last.Day() != 6 {
		t.Errorf("own case: %v %+v; the session before the last five must not count", ok, n)
	}
	q.Case = "tokens=64"
	if n, ok = k.Noise(q); !ok || n.Own || n.Sessions != 5 {
		t.Errorf("another case of the plugin: %v %+v", ok, n)
	}
	for name, change := range map[string]func(*Query){
		"machine": func(q *Query) { q.Machine = "else" },
		"plugin":  func(q *Query) { q.Plugin = "else" },
		"phase":   func(q *Query) { q.Phase = "else" },
	} {
		other := q
		change(&other)
		if n, ok := k.Noise(other); ok {
			t.Errorf("another %s: %+v", name, n)
		}
	}
	lines := k.Lines()
	if len(lines) != 2 || lines[0].Phase != "decode" || lines[0].Sessions != 6 || lines[0].Most < 0.02 || lines[0].Least > lines[0].Spread {
		t.Errorf("%+v", lines)
	}
}

func TestTimes(t *testing.T) {
	s := store(t)
	r := session(t, 0, 0.004)
	if err := s.Append(r); err != nil {
		t.Fatal(err)
	}
	k := load(t, s)
	c := &r.Cases[0]
	var rounds []float64
	for _, d := range c.Rounds {
		rounds = append(rounds, float64(d.Ended.Sub(d.Started)))
	}
	want := time.Duration(median(rounds))
	d := r.Metadata.Device
	q := Query{Machine: Machine(r.Metadata.Host, d.Kind), Plugin: "gate", Experiment: "fused_gate", Case: "tokens=1"}
	got, ok := k.Times(q, 3, 100*time.Millisecond)
	if !ok || got.Round != want || got.Prepare != 400*time.Millisecond || got.Warmup != 150*time.Millisecond || got.Start != 140*time.Millisecond {
		t.Errorf("%v %+v, want a round of %v", ok, got, want)
	}
	if got.Visit < 1 || got.Visit > 1.6 {
		t.Errorf("a visit takes %v times what was asked for; 15 iterations of 8.5 ms are 127 ms of 100 ms", got.Visit)
	}
	if got, ok = k.Times(q, 5, 100*time.Millisecond); !ok || got.Round != 0 || got.Prepare == 0 {
		t.Errorf("other arms: %v %+v, want parts but no whole round", ok, got)
	}
	q.Experiment, q.Case = "else", "else"
	if got, ok = k.Times(q, 3, 100*time.Millisecond); !ok || got.Round != 0 || got.Prepare == 0 {
		t.Errorf("another experiment of the plugin: %v %+v", ok, got)
	}
	q.Plugin = "else"
	if _, ok = k.Times(q, 3, 100*time.Millisecond); ok {
		t.Error("another plugin's times")
	}
}

func TestTornTailsSpoilNothing(t *testing.T) {
	s := store(t)
	for n := range 2 {
		if err := s.Append(session(t, n, 0.004)); err != nil {
			t.Fatal(err)
		}
	}
	whole, err := os.ReadFile(s.path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(s.path, whole[:len(whole)-40], 0o644); err != nil {
		t.Fatal(err)
	}
	if err := s.Append(session(t, 2, 0.004)); err != nil {
		t.Fatal(err)
	}
	if k := load(t, s); len(k.Lessons) != 5 || k.Skipped != 1 || k.Sessions() != 3 {
		t.Errorf("%d lessons, %d skipped", len(k.Lessons), k.Skipped)
	}
}

func TestWritersTakeTurns(t *testing.T) {
	s := store(t)
	r := session(t, 0, 0.004)
	var wg sync.WaitGroup
	errs := make([]error, 8)
	for n := range errs {
		wg.Add(1)
		go func() {
			defer wg.Done()
			for range 10 {
				if err := (&Store{path: s.path}).Append(r); err != nil {
					errs[n] = err
				}
			}
		}()
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			t.Error(err)
		}
	}
	if k := load(t, s); len(k.Lessons) != 8*10*2 || k.Skipped != 0 {
		t.Errorf("%d lessons, %d skipped", len(k.Lessons), k.Skipped)
	}
}

func TestWhatCannotBeKeptIsAWarning(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	var w bytes.Buffer
	Keep(env("ASSAY_HISTORY", filepath.Join(file, "below", "h.jsonl")), []*record.Result{session(t, 0, 0.004)}, &w)
	if !strings.Contains(w.String(), "warning: history: ") || !strings.Contains(w.String(), "ASSAY_HISTORY") {
		t.Errorf("%q", w.String())
	}
	w.Reset()
	Keep(env("ASSAY_HISTORY", "off"), []*record.Result{session(t, 0, 0.004)}, &w)
	if w.Len() > 0 {
		t.Errorf("off: %q", w.String())
	}
}

func TestSimulatedAndUnmeasuredTeachNothing(t *testing.T) {
	r := session(t, 0, 0.004)
	r.Metadata.Device.Simulated = true
	if got := Lessons(r); len(got) != 0 {
		t.Errorf("simulated: %+v", got)
	}
	if got := Lessons(&record.Result{Cases: []record.Case{{ID: "x"}}}); len(got) != 0 {
		t.Errorf("nothing measured: %+v", got)
	}
	r = session(t, 0, 0.004)
	for i := range r.Cases {
		for j := range r.Cases[i].Controls {
			r.Cases[i].Controls[j].Spread = math.NaN()
		}
	}
	if got := Lessons(r); len(got) != 0 {
		t.Errorf("no spread: %+v", got)
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(`{"v":1,"machine":"m","rounds":8,"arms":3,"phases":{"decode":{"rounds":8,"spread":0.01,"noise_floor":null}}}` + "\n{\n\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		k := &Knowledge{}
		if err := k.read(bytes.NewReader(b)); err != nil {
			t.Fatal(err)
		}
		for _, l := range k.Lines() {
			if math.IsNaN(l.Spread) || l.Sessions < 1 {
				t.Fatalf("%+v", l)
			}
		}
		k.Times(Query{}, 1, 1)
	})
}
