package zmlx

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/assay-bench/assay/core/history"
	"github.com/assay-bench/assay/core/report"
)

var update = flag.Bool("update", false, "rewrite golden files")

// records are made-up files, each of a shape that the project's files have.
func records(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("testdata/*.json*")
	if err != nil || len(files) < 15 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	slices.SortStableFunc(files, func(a, b string) int { return strings.Compare(filepath.Ext(b), filepath.Ext(a)) }) // the matrix first
	return files
}

func read(t *testing.T, paths ...string) *history.Document {
	t.Helper()
	d := &history.Document{Kind: history.DocumentKind, Version: history.DocumentVersion, Tool: Tool}
	for _, p := range paths {
		if err := Read(d, p); err != nil {
			t.Fatal(err)
		}
	}
	if err := d.Summarize(); err != nil {
		t.Fatal(err)
	}
	return d
}

func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestEveryShape(t *testing.T) {
	d := read(t, records(t)...)
	if in, out := d.RowsIn(); in != len(d.Rows)+len(d.Rejected) || out != len(d.Rows) {
		t.Errorf("%d rows in, %d out, %d kept, %d rejected", in, out, len(d.Rows), len(d.Rejected))
	}
	var got strings.Builder
	report.Imported(&got, d, report.Style{})
	golden := "testdata/records.golden"
	if *update {
		if err := os.WriteFile(golden, []byte(got.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatalf("%v (write it with -update)", err)
	}
	if diff := cmp.Diff(string(want), got.String()); diff != "" {
		t.Errorf("%s (-want +got), -update rewrites it:\n%s", golden, diff)
	}
}

// Nothing is lost: every line is in the document as it was, and so is every
// section and the meta of a capsule.
func TestNothingIsLost(t *testing.T) {
	d := read(t, records(t)...)
	raw, err := os.ReadFile("testdata/matrix.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	lines := bytes.Split(bytes.TrimSpace(raw), []byte("\n"))
	for i, line := range lines {
		if !bytes.Equal(compact(line), d.Rows[i].Raw) {
			t.Errorf("line %d is not what row %s holds", i+1, d.Rows[i].Source)
		}
	}
	for _, f := range d.Files {
		if f.Kind != "capsule" {
			continue
		}
		raw, err := os.ReadFile("testdata/" + f.Name)
		if err != nil {
			t.Fatal(err)
		}
		whole, _ := object(bytes.TrimSpace(raw))
		if !bytes.Equal(compact(whole["meta"]), f.Meta) {
			t.Errorf("%s: meta is not kept", f.Name)
		}
		for _, r := range d.Rows {
			if file, section, ok := strings.Cut(r.Source, ":"); ok && file == f.Name && !bytes.Equal(compact(whole[section]), r.Raw) {
				t.Errorf("%s is not kept", r.Source)
			}
		}
		if f.RowsOut != len(whole)-1 {
			t.Errorf("%s: %d rows of %d sections", f.Name, f.RowsOut, len(whole)-1)
		}
	}
	if _, err := json.Marshal(d); err != nil {
		t.Error(err)
	}
}

func TestWhatARowMeans(t *testing.T) {
	d := read(t, records(t)...)
	row := func(source string) history.Row {
		i := slices.IndexFunc(d.Rows, func(r history.Row) bool { return r.Source == source })
		if i < 0 {
			t.Fatalf("no row %s", source)
		}
		return d.Rows[i]
	}
	r := row("matrix.jsonl:15")
	if r.Label != "ZMLX_ALPHA_COMBINE=exact" || r.Setting != "" || r.Tokens != 1024 || r.Runtime != "MLX 0.40.0" || r.Hardware != "Apple M9 Max 48GB" {
		t.Errorf("%+v", r)
	}
	if c := r.Phases["decode"]; c.Baseline.Rate != 95.2 || !slices.Equal(c.Patched.Runs, []float64{100.7, 101}) || c.Published != 1.0609 {
		t.Errorf("%+v", c)
	}
	if r := row("matrix.jsonl:9"); r.Setting != "kv4 from 0" || r.Label != "" {
		t.Errorf("setting %q, label %q", r.Setting, r.Label)
	}
	if r := row("matrix.jsonl:7"); r.Fidelity != "SKIP" || r.Phases["decode"].Ratio() != 0 {
		t.Errorf("%+v", r)
	}
	// One measurement, however many files record it, counts once: of two readings and a
	// date alone too, because the row names its capsule.
	for copied, of := range map[string]string{
		"alpha_moe_mlp_20260105.json:control_moe_mlp":          "matrix.jsonl:1",
		"alpha_combine_t1024_combine_exact.json:combine_exact": "matrix.jsonl:15",
		"alpha_combine_t1024_summary.json:results[0]":          "matrix.jsonl:15",
		"alpha_snapshot_20260111.json:rows[1]":                 "alpha_isolation_t1024_repA_summary.json:results[1]",
		"beta_20260112.json:beta_4bit":                         "", "alpha_isolation_t1024_repA_summary.json:results[0]": "",
	} {
		if r := row(copied); r.CopyOf != of {
			t.Errorf("%s is a copy of %q, want %q", copied, r.CopyOf, of)
		}
	}
	// Unknown is unknown.
	for source, want := range map[string][2]string{
		"alpha_isolation_t1024_repA_summary.json:results[0]": {"", ""},
		"alpha_snapshot_20260111.json:rows[2]":               {"Beta-8B-A1B-4bit", ""},
		"alpha_e2e.json:results[2]":                          {"example/Alpha-30B-A3B-4bit", "Apple M9 48GB"},
		"alpha_stress.json:technical@256":                    {"example/Alpha-30B-A3B-4bit", "Apple M9 Max 48GB"},
	} {
		if r := row(source); r.Model != want[0] || r.Hardware != want[1] {
			t.Errorf("%s: model %q on %q, want %q", source, r.Model, r.Hardware, want)
		}
	}
}

// An import does not err towards wins: losses in rows that name no model, and rows that
// cannot be read, stand with the patch that they are about.
func TestBothSidesOfTheEvidence(t *testing.T) {
	exact := func(d *history.Document) history.Patch {
		i := slices.IndexFunc(d.Patches, func(p history.Patch) bool {
			return p.Phase == "decode" && p.Label == "ZMLX_ALPHA_COMBINE=exact" && p.Tokens == 1024
		})
		return d.Patches[i]
	}
	if p := exact(read(t, "testdata/matrix.jsonl")); p.Support != history.Supported || p.Sessions != 2 {
		t.Errorf("the ledger alone: %+v", p)
	}
	p := exact(read(t, records(t)...))
	if p.Support != history.Contradictory || p.Sessions != 2 || len(p.Unplaced) != 2 || p.Unread != 1 {
		t.Errorf("all files: %+v", p)
	}
	for _, want := range []string{"2 sessions of 1.055× to 1.061×", "2 rows of the same variant that do not name model or machine, of 0.957× to 0.976×"} {
		if !strings.Contains(p.Reason, want) {
			t.Errorf("%q is not in %q", want, p.Reason)
		}
	}
}

const good = `{"model_id":"m","patterns_applied":["p"],"hardware":"h","notes":"","macos_version":"1","mlx_version":"1","zmlx_version":"1","zmlx_commit":"c","python_version":"3","timestamp":"2026-01-01T00:00:00Z","fidelity":"PASS","fidelity_detail":"","decode_tps_baseline":100,"decode_tps_patched":110,"decode_speedup":1.1,"decode_runs_baseline":[100],"decode_runs_patched":[110],"prefill_tps_baseline":1,"prefill_tps_patched":1,"prefill_change":0,"max_tokens":8,"gen_tokens":8,"runs":1}`

func TestOtherShapes(t *testing.T) {
	with := func(old, new string) string { return strings.Replace(good, old, new, 1) }
	cases := []struct {
		name, file, text string
		rows, rejected   int
		warning          string // some warning holds it
		reason           string // of the last rejected row
	}{
		{name: "blank lines", text: good + "\n\n  \n" + good + "\n", rows: 2},
		{name: "a byte order mark", text: "\ufeff" + good, rows: 1},
		{name: "an array", file: "a.json", text: "[" + good + "," + good + "]", rows: 2},
		{name: "one object", file: "a.json", text: good, rows: 1},
		{name: "an unknown field", text: with(`"runs":1`, `"runs":1,"fan_rpm":1200`), rows: 1, warning: `a.jsonl:1: field "fan_rpm" is not known`},
		{name: "a field missing in two rows", text: with(`"hardware":"h",`, ``) + "\n" + with(`"hardware":"h",`, ``), rows: 2, warning: `a.jsonl:1: field "hardware" is missing (and in 1 more rows)`},
		{name: "a field of another type", text: with(`"runs":1`, `"runs":"three"`), rows: 1, warning: `field "runs" is not a number`},
		{name: "a count with a fraction", text: with(`"runs":1`, `"runs":1.5`), rows: 1, warning: `field "runs" is not a count`},
		{name: "a rate below 0", text: with(`"decode_tps_patched":110`, `"decode_tps_patched":-1`), rows: 1, warning: `field "decode_tps_patched" is below 0`},
		{name: "a wrong ratio", text: with(`"decode_speedup":1.1`, `"decode_speedup":1.4`), rows: 1, warning: `published decode ratio 1.4 is not what its rates give, 1.1`},
		{name: "no such time", text: with(`2026-01-01T00:00:00Z`, `yesterday`), rows: 1, warning: `field "timestamp" is neither a time nor a date`},
		{name: "not JSON", text: good + "\nnonsense\n", rows: 1, rejected: 1, reason: "not a JSON object"},
		{name: "NaN", text: good + "\n" + with("100", "NaN"), rows: 1, rejected: 1, reason: "not a JSON object"},
		{name: "no model", text: good + "\n" + with(`"model_id":"m",`, ``), rows: 1, rejected: 1, warning: `a.jsonl:2: field "model_id" is missing`, reason: "it names no model"},
		{name: "no baseline", text: good + "\n" + with(`"decode_tps_baseline":100`, `"decode_tps_baseline":null`), rows: 1, rejected: 1, reason: "it has no decode rate of the baseline"},
		{
			name: "a capsule with an unknown field and an odd section", file: "c.json", rows: 1, rejected: 1,
			text:    `{"meta":{"date":"2026-01-01","gpu_fan":1},"x":{"model":"m","max_tokens":1,"gen_tokens":1,"runs":1,"baseline":{"median_decode":1},"patched":{"median_decode":1,"noise":2}},"y":3}`,
			warning: `c.json:x: field "patched.noise" is not known`, reason: "a section that is not a JSON object",
		},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if c.file == "" {
				c.file = "a.jsonl"
			}
			d := read(t, write(t, c.file, c.text))
			in, out := d.RowsIn()
			if out != c.rows || len(d.Rejected) != c.rejected || in != c.rows+c.rejected || len(d.Rows) != out {
				t.Errorf("%d rows in, %d out, %d rejected", in, out, len(d.Rejected))
			}
			if c.rejected > 0 && d.Rejected[len(d.Rejected)-1].Reason != c.reason {
				t.Errorf("rejected %+v, want %q", d.Rejected, c.reason)
			}
			if c.warning == "" && c.rejected == 0 && len(d.Warnings) > 0 || !strings.Contains(strings.Join(d.Warnings, "\n"), c.warning) {
				t.Errorf("warnings %q, want one with %q", d.Warnings, c.warning)
			}
		})
	}
}

func TestFilesThatAreSomethingElse(t *testing.T) {
	d := &history.Document{}
	for name, c := range map[string]struct{ text, want string }{
		"empty":          {"", "the file is empty"},
		"text":           {"hello\nworld\n", "not a JSON object"},
		"NaN":            {"{\n\"a\": NaN\n}\n", "neither JSON nor JSON lines"},
		"other object":   {`{"schema_version":1}`, "of no known shape"},
		"other lines":    {`{"a":1}` + "\n" + `{"b":1}`, "it names no model"},
		"empty array":    {`[]`, "no row"},
		"empty capsule":  {`{"meta":{},"x":{"baseline":{},"patched":{}}}`, "it names no model"},
		"empty summary":  {`{"suite":"s","results":[]}`, "no row"},
		"no list":        {`{"suite":"s","results":3}`, `field "results" is not a list`},
		"no baseline":    {`{"model":"m","runs":1,"results":[{"label":"a"}]}`, `no arm is called "Baseline"`},
		"kernels":        {`{"op_name":"rope"}`, "single kernels"},
		"one arm":        {`{"meta":{},"result":{}}`, "compares nothing"},
		"two ways":       {`{"meta":{},"delta":{}}`, "neither is the unpatched model"},
		"microbenchmark": {`[{"kind":"k","speedup_x":1.2}]`, "single kernels"},
	} {
		before := len(d.Files)
		if err := Read(d, write(t, "f.json", c.text)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if len(d.Files) != before+1 || !strings.Contains(d.Files[before].Unread, c.want) {
			t.Errorf("%s: %+v, want %q", name, d.Files[before:], c.want)
		}
	}
	if err := Read(d, "testdata/none.json"); err == nil {
		t.Error("a missing file is no error")
	}
}
