package history

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// rows makes one session a day: the baseline's rate and the patch's ratio.
func rows(sessions ...[2]float64) *Document {
	d := &Document{Kind: DocumentKind, Version: DocumentVersion}
	for i, s := range sessions {
		d.Rows = append(d.Rows, Row{
			Source: fmt.Sprintf("f:%d", i+1), Time: time.Date(2026, 1, 1+i, 0, 0, 0, 0, time.UTC), Hardware: "h", Runtime: "R 1",
			Model: "m", Tokens: 200, Patches: []string{"p"}, Fidelity: "PASS", Software: map[string]string{},
			Phases: map[string]Comparison{"decode": {
				Baseline: Series{Rate: s[0], Runs: []float64{s[0] * 0.995, s[0], s[0] * 1.005}},
				Patched:  Series{Rate: s[0] * s[1], Runs: []float64{s[0] * s[1]}},
			}},
		})
	}
	return d
}

func summarized(t *testing.T, d *Document) Patch {
	t.Helper()
	if err := d.Summarize(); err != nil {
		t.Fatal(err)
	}
	if len(d.Patches) != 1 {
		t.Fatalf("%d patches", len(d.Patches))
	}
	return d.Patches[0]
}

func TestSupport(t *testing.T) {
	six := func(ratio float64) [][2]float64 {
		return [][2]float64{{100, ratio}, {101, ratio}, {102, ratio}, {103, ratio}, {104, ratio}, {105, ratio}}
	}
	for _, c := range []struct {
		name     string
		sessions [][2]float64
		want     Support
		reason   string
	}{
		{"beyond the control", six(1.10), Supported, "+10.0 %, and the same control moved by 5.0 % between 6 sessions on 6 days"},
		{"inside the control, but every time", six(1.03), Together, "its 6 sessions together put it at 1.030× or more"},
		{"inside the control, mixed", [][2]float64{{100, 1.03}, {101, 0.97}, {102, 1.04}, {103, 1.01}, {105, 1.02}}, NotSupported, "about 12 sessions would be needed"},
		{"one session", [][2]float64{{100, 1.10}}, Unknown, "nothing says how far"},
		{"two sessions that agree", [][2]float64{{100, 1.10}, {101, 1.11}}, Unknown, "too few to tell"},
		{"two sessions apart", [][2]float64{{100, 1.10}, {120, 1.11}}, NotSupported, "moved by 20.0 %"},
		{"slower", six(0.97), NoWin, "-3.0 %: nothing to support"},
		{"not measured", [][2]float64{{100, 0}, {101, 0}}, NotMeasured, "no session has a rate"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if p := summarized(t, rows(c.sessions...)); p.Support != c.want || !strings.Contains(p.Reason, c.reason) {
				t.Errorf("%s: %s; want %s: …%s…", p.Support, p.Reason, c.want, c.reason)
			}
		})
	}
}

func TestFidelityComesBeforeSpeed(t *testing.T) {
	d := rows([2]float64{100, 1.2}, [2]float64{101, 1.2}, [2]float64{100, 1.2}, [2]float64{101, 1.2}, [2]float64{100, 1.2})
	for i := range d.Rows {
		d.Rows[i].Fidelity = "FAIL"
	}
	if p := summarized(t, d); p.Support != NoWin || p.Wins != 0 || p.Unfaithful != 5 {
		t.Errorf("%+v", p)
	}
}

func TestTheSameControl(t *testing.T) {
	d := rows([2]float64{100, 1.1}, [2]float64{80, 1.1}, [2]float64{120, 1.1}, [2]float64{118, 1.1})
	d.Rows[1].Setting = "other" // another control
	d.Rows[2].Runtime, d.Rows[3].Runtime = "R 2", "R 2"
	d.Rows = append(d.Rows, d.Rows[0]) // recorded twice
	d.Rows[4].Source, d.Rows[4].Time = "copy", d.Rows[4].Time.AddDate(0, 0, 9)
	if err := d.Summarize(); err != nil {
		t.Fatal(err)
	}
	if d.Rows[4].CopyOf != "" {
		t.Error("four readings may be equal by chance, on days apart at least")
	}
	d.Rows[4].Phases = map[string]Comparison{"decode": {
		Baseline: d.Rows[0].Phases["decode"].Baseline, Patched: Series{Rate: 110, Runs: []float64{109, 111}},
	}}
	d.Rows[0].Phases = d.Rows[4].Phases
	if err := d.Summarize(); err != nil {
		t.Fatal(err)
	}
	if d.Rows[4].CopyOf != "f:1" {
		t.Errorf("copy of %q", d.Rows[4].CopyOf)
	}
	m := d.Controls[0]
	if len(d.Controls) != 2 || m.Sessions != 3 || m.Min != 100 || m.Max != 120 || fmt.Sprintf("%.3f %.3f", m.Range, m.Within) != "0.200 0.010" {
		t.Errorf("%+v", d.Controls)
	}
	if len(m.Alike) != 2 || m.Alike[1].Runtime != "R 2" || m.Alike[1].Sessions != 2 || m.Alike[1].Min != 118 {
		t.Errorf("%+v", m.Alike)
	}
}
