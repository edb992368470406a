package export

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/perf/benchfmt"
	"golang.org/x/perf/benchmath"

	"github.com/assay-bench/assay/core/internal/fakeresult"
	"github.com/assay-bench/assay/core/record"
)

func made(t *testing.T, o fakeresult.Options) *record.Result {
	t.Helper()
	r, err := fakeresult.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func sweep(t *testing.T) *record.Result {
	return made(t, fakeresult.Options{
		Cases: []string{`bits=4,name="a b/c"`, `bits=8,name="d"`}, Phases: []string{"decode", "prefill"},
		Variants: map[string]float64{"eps-10": 1.02, "slow": 0.8}, Order: []string{"eps-10", "slow"},
	})
}

// What benchstat reads has the medians of the document: its reader, its grouping by
// keys of the name, its statistics.
func TestBenchstatReadsTheMedians(t *testing.T) {
	r := sweep(t)
	var b bytes.Buffer
	if err := Benchfmt(&b, []*record.Result{r}); err != nil {
		t.Fatal(err)
	}
	seconds, rates := map[string][]float64{}, map[string][]float64{}
	in := benchfmt.NewReader(&b, "export")
	for in.Scan() {
		switch line := in.Result().(type) {
		case *benchfmt.SyntaxError:
			t.Fatalf("benchstat does not read it: %v", line)
		case *benchfmt.Result:
			base, parts := line.Name.Parts()
			if string(base) != "Assay" || len(parts) != 4 {
				t.Fatalf("%s has the parts %q: one may be taken for processors", line.Name, parts)
			}
			name := string(line.Name)
			sec, ok := line.Value("sec/op")
			rate, more := line.Value("tok/s")
			if !ok || !more || line.GetConfig("experiment") != r.Experiment.Name || line.GetConfig("cpu") != "Test CPU" {
				t.Fatalf("%v", line)
			}
			seconds[name], rates[name] = append(seconds[name], sec), append(rates[name], rate)
		}
	}
	if in.Err() != nil || in.Units().Get("tok/s", "better") == nil {
		t.Fatalf("%v, units %v", in.Err(), in.Units())
	}
	compared := 0
	for i := range r.Cases {
		for _, v := range r.Cases[i].Variants {
			for phase, p := range v.Phases {
				name := fmt.Sprintf("Assay/bits=%d/name=%s/variant=%s/phase=%s", 4+4*i, []string{"a_b_c", "d"}[i], v.Name, phase)
				median := func(values []float64) float64 {
					return benchmath.AssumeNothing.Summary(benchmath.NewSample(values, &benchmath.DefaultThresholds), 0.95).Center
				}
				if len(seconds[name]) != p.Rounds {
					t.Fatalf("%s: %d lines, %d rounds", name, len(seconds[name]), p.Rounds)
				}
				if got, want := median(seconds[name])*1e9, p.WallNs.Value; !near(got, want) {
					t.Errorf("%s: %v ns, want %v", name, got, want)
				}
				if got := median(rates[name]); p.Rounds%2 == 1 && !near(got, p.UnitsPerSec) {
					t.Errorf("%s: %v tok/s, want %v", name, got, p.UnitsPerSec)
				}
				compared++
			}
		}
	}
	if compared != 16 || len(seconds) != 16 {
		t.Errorf("%d of %d names compared, want 16", compared, len(seconds))
	}
}

func near(a, b float64) bool { return math.Abs(a/b-1) < 1e-12 }

func TestANameNeverEndsInANumberOfProcessors(t *testing.T) {
	r := made(t, fakeresult.Options{Phases: []string{"run-8"}})
	var b bytes.Buffer
	if err := Benchfmt(&b, []*record.Result{r}); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(b.String(), "/phase=run_8 1 ") {
		t.Errorf("%.300s", b.String())
	}
}

func TestCSV(t *testing.T) {
	one, other := sweep(t), made(t, fakeresult.Options{Cases: []string{"tokens=64"}})
	one.Cases[0].Variants[1].Metrics = map[string]float64{"rel_err": 1.25e-9, "large": 1.5e21}
	other.Metadata.Model = nil
	var b bytes.Buffer
	if err := CSV(&b, []*record.Result{one, other}); err != nil {
		t.Fatal(err)
	}
	lines, err := csv.NewReader(&b).ReadAll() // which wants as many fields in each
	if err != nil {
		t.Fatal(err)
	}
	head, at := lines[0], map[string]int{}
	for i, name := range head {
		at[name] = i
	}
	if got := strings.Join(head[len(head)-5:], " "); got != "matrix.bits matrix.name matrix.tokens metric.large metric.rel_err" {
		t.Errorf("the last columns are %s", got)
	}
	if len(lines) != 1+16+3 {
		t.Fatalf("%d lines", len(lines))
	}
	eps := lines[3]
	for name, want := range map[string]string{
		"variant": "eps-10", "matrix.name": "a b/c", "matrix.tokens": "", "metric.rel_err": "0.00000000125", "metric.large": "1500000000000000000000", "git_dirty": "false", "model": "",
		"wall_ns": strconv.FormatFloat(one.Cases[0].Variants[1].Phases["decode"].WallNs.Value, 'f', -1, 64),
	} {
		if eps[at[name]] != want {
			t.Errorf("%s is %q, want %q in %v", name, eps[at[name]], want, eps)
		}
	}
}

func TestRowsAreAnArray(t *testing.T) {
	var b bytes.Buffer
	var rows []map[string]any
	if err := Rows(&b, nil); err != nil || strings.TrimSpace(b.String()) != "[]" {
		t.Errorf("%v: %s", err, b.String())
	}
	b.Reset()
	if err := Rows(&b, []*record.Result{sweep(t)}); err != nil || json.Unmarshal(b.Bytes(), &rows) != nil || len(rows) != 16 {
		t.Errorf("%v: %d rows", err, len(rows))
	}
}

func TestLedgerWantsAModelAndDecode(t *testing.T) {
	model := "made-up"
	r := sweep(t)
	r.Metadata.Model = &model
	var b bytes.Buffer
	if err := Ledger(&b, []*record.Result{r}); err != nil || strings.Count(b.String(), "\n") != 4 {
		t.Errorf("%v:\n%s", err, b.String())
	}
	for _, r := range []*record.Result{sweep(t), made(t, fakeresult.Options{Phases: []string{"step"}})} {
		if err := Ledger(&b, []*record.Result{r}); err == nil || !strings.Contains(err.Error(), "no result has a model") {
			t.Errorf("%v", err)
		}
	}
}
