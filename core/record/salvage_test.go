package record

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Whatever is cut off, damaged or missing: recover makes documents that the schema
// allows, which hold every sample that stands in a whole line, and counts no round
// that lacks a line.
func TestRecoverLosesNothingThatIsWhole(t *testing.T) {
	t.Parallel()
	for name, step := range map[string]int{"v1-killed": 1, "v1-complete": 3, "v1-crashed": 61} { // the last one is long
		whole, err := os.ReadFile(filepath.Join("testdata", name+".jsonl"))
		if err != nil {
			t.Fatal(err)
		}
		lines := bytes.SplitAfter(whole, []byte("\n"))
		lines = lines[:len(lines)-1]
		samples := samplesIn(t, lines)
		damages := []func(line []byte) []byte{
			func([]byte) []byte { return nil },
			func(line []byte) []byte { return bytes.Replace(line, []byte(`"kind"`), []byte(`"kinD"`), 1) },
			func(line []byte) []byte { return append(make([]byte, len(line)-1), '\n') },
			func(line []byte) []byte { return append(slices.Clone(line[:len(line)-1]), 'x') }, // joins two lines, whose events stand whole
		}
		for i := 0; i < len(lines); i += step {
			what := fmt.Sprintf("%s, line %d", name, i+1)
			prefix, how := bytes.Join(lines[:i], nil), i/step%len(damages)
			salvaged(t, samples, what+": cut off", append(slices.Clone(prefix), lines[i][:len(lines[i])*how/4]...), lines[:i], nil)
			text, rest, lost := slices.Concat(prefix, damages[how](lines[i]), bytes.Join(lines[i+1:], nil)), slices.Concat(lines[:i], lines[i+1:]), lines[i]
			if how == 3 && i+1 < len(lines) {
				rest, lost = lines, nil
			}
			salvaged(t, samples, fmt.Sprintf("%s: damage %d", what, how), text, rest, lost)
		}
	}
}

// samplesIn names the sample that a line holds, by line.
func samplesIn(t *testing.T, lines [][]byte) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, raw := range lines {
		e, err := parseLine(bytes.TrimSuffix(raw, []byte("\n")))
		if err != nil {
			t.Fatal(err)
		}
		if d, ok := e.Data.(SampleEvent); ok {
			out[string(raw)] = fmt.Sprint(e.Experiment, d.Case, d.Round, d.Visit, d.Variant, d.Sample)
		}
	}
	return out
}

// salvaged holds what is recovered of a text against the lines that stand in it, whose
// samples are known. The round of a lost line may not count.
func salvaged(t *testing.T, samples map[string]string, what string, text []byte, lines [][]byte, lost []byte) {
	t.Helper()
	if len(lines) == 0 {
		return
	}
	found, err := recoverFrom(bytes.NewReader(text), "j", false)
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	want, got := map[string]int{}, map[string]int{}
	for _, raw := range lines {
		if s := samples[string(raw)]; s != "" {
			want[s]++
		}
	}
	for _, d := range found.Documents {
		var out bytes.Buffer
		if err := d.Encode(&out, d.journal); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		if len(lines)%7 == 0 { // it takes a while
			if err := validate(t, out.Bytes()); err != nil {
				t.Fatalf("%s: %v", what, err)
			}
		}
		var r Result
		if err := json.Unmarshal(out.Bytes(), &r); err != nil {
			t.Fatal(err)
		}
		if e, err := parseLine(bytes.TrimSuffix(lost, []byte("\n"))); err == nil && e.Experiment == r.Experiment.Name {
			if caseID, n := placeOf(e.Data); n > 0 && r.Case(caseID).Round(n).Counted {
				t.Fatalf("%s: round %d lacks it and counts", what, n)
			}
		}
		for i := range r.Cases {
			for n := 1; n <= r.Cases[i].Begun(); n++ {
				for _, v := range r.Cases[i].Round(n).Visits {
					for k := range v.Samples.Len() {
						got[fmt.Sprint(r.Experiment.Name, r.Cases[i].ID, n, v.Index, v.Variant, v.Samples.At(k))]++
					}
				}
			}
		}
	}
	for s, n := range want {
		if got[s] != n {
			t.Fatalf("%s: the sample %s is there %d times, want %d", what, s, got[s], n)
		}
	}
	if len(got) != len(want) {
		t.Fatalf("%s: %d samples, want %d", what, len(got), len(want))
	}
}

// A few bytes name any round: what is made for those that are missing is bounded, and
// what stands in a whole line of a round that no session has is said to be left out.
func TestRoundsThatNoSessionHas(t *testing.T) {
	whole, err := os.ReadFile(filepath.Join("testdata", "v1-killed.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	found, err := recoverFrom(bytes.NewReader(whole), "j", false)
	if err != nil {
		t.Fatal(err)
	}
	r := found.Documents[0].Result
	last := r.Cases[len(r.Cases)-1]
	before := last.Begun()
	for _, tt := range []struct {
		name   string
		rounds []int
		made   int
		out    bool // some are left out
	}{
		{"the next", []int{before + 1}, 1, false},
		{"some are missing", []int{before + 100}, 100, false},
		{"the largest number", []int{math.MaxInt64}, 0, true},
		{"one too many", []int{before + mostMissing + 1}, 0, true},
		{"too many in all", []int{before + 6000, before + 6001, before + 12_000}, 6001, true},
	} {
		text := slices.Clone(whole)
		for i, n := range tt.rounds {
			raw, err := json.Marshal(Event{Seq: uint64(bytes.Count(whole, []byte("\n")) + 1 + i), Experiment: r.Experiment.Name, Data: PreparedEvent{Case: last.ID, Round: n}})
			if err != nil {
				t.Fatal(err)
			}
			text = fmt.Appendf(text, "{\"sum\":\"%s\",\"event\":%s}\n", Sum(raw), raw)
		}
		got, err := recoverFrom(bytes.NewReader(text), "j", false)
		if err != nil {
			t.Fatalf("%s: %v", tt.name, err)
		}
		g := got.Documents[0].Result
		if made := g.Cases[len(g.Cases)-1].Begun() - before; made != tt.made {
			t.Errorf("%s: %d rounds were made, want %d", tt.name, made, tt.made)
		}
		if out := strings.Contains(fmt.Sprint(got.Damage), "is left out"); out != tt.out {
			t.Errorf("%s: damage %q", tt.name, got.Damage)
		}
	}
}
