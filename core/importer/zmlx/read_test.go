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

// published are the files of the project itself; see testdata/LICENSE.
var published = []string{
	"testdata/matrix.jsonl", "testdata/glm47_flash_shared_overlap_m4max_20260205.json",
	"testdata/lfm2_m4max_20260131.json", "testdata/qwen3_a3b_moe_mlp_m4max_20260205.json",
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

func TestPublishedRecords(t *testing.T) {
	d := read(t, published...)
	if in, out := d.RowsIn(); in != 66 || out != 66 || len(d.Rows) != 66 || len(d.Rejected) != 0 {
		t.Errorf("%d rows in, %d out", in, out)
	}
	if len(d.Warnings) != 0 {
		t.Errorf("warnings about known shapes: %q", d.Warnings)
	}
	var out strings.Builder
	report.Imported(&out, d, report.Style{})
	golden := "testdata/published.golden"
	if *update {
		if err := os.WriteFile(golden, []byte(out.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatalf("%v (write it with -update)", err)
	}
	if diff := cmp.Diff(string(want), out.String()); diff != "" {
		t.Errorf("%s (-want +got), -update rewrites it:\n%s", golden, diff)
	}
}

// Nothing is lost: every line is in the document as it was, and so is every
// section and the meta of a capsule.
func TestNothingIsLost(t *testing.T) {
	d := read(t, published...)
	raw, err := os.ReadFile(published[0])
	if err != nil {
		t.Fatal(err)
	}
	lines := bytes.Split(bytes.TrimSpace(raw), []byte("\n"))
	for i, line := range lines {
		if !bytes.Equal(compact(line), d.Rows[i].Raw) {
			t.Errorf("line %d is not what row %s holds", i+1, d.Rows[i].Source)
		}
	}
	for i, f := range d.Files[1:] {
		raw, err := os.ReadFile(published[i+1])
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
	d := read(t, published...)
	row := func(source string) history.Row {
		i := slices.IndexFunc(d.Rows, func(r history.Row) bool { return r.Source == source })
		if i < 0 {
			t.Fatalf("no row %s", source)
		}
		return d.Rows[i]
	}
	r := row("matrix.jsonl:39")
	if r.Label != "ZMLX_QWEN_COMBINE_MODE=exact" || r.Setting != "" || r.Tokens != 200 || r.Runtime != "MLX 0.30.7.dev20260207+8fe1d092" {
		t.Errorf("%+v", r)
	}
	if c := r.Phases["decode"]; c.Baseline.Rate != 116.6 || !slices.Equal(c.Patched.Runs, []float64{122.7, 123.3}) || c.Published != 1.0549 {
		t.Errorf("%+v", c)
	}
	if r := row("matrix.jsonl:11"); r.Setting != "kv4 from 0" {
		t.Errorf("setting %q", r.Setting)
	}
	if r := row("matrix.jsonl:4"); r.Setting != "kv4" || r.Label != "" {
		t.Errorf("setting %q, label %q", r.Setting, r.Label)
	}
	// A capsule and the line drawn from it are one measurement. A row that was
	// skipped shares its session's baseline.
	if r := row("qwen3_a3b_moe_mlp_m4max_20260205.json:control_patterns_moe_mlp"); r.CopyOf != "matrix.jsonl:13" || r.Hardware != "Apple M4 Max 36GB" {
		t.Errorf("%+v", r)
	}
	if r := row("matrix.jsonl:7"); r.Fidelity != "SKIP" || r.Phases["decode"].Ratio() != 0 {
		t.Errorf("%+v", r)
	}
	for _, want := range []struct {
		model    string
		tokens   int
		sessions int
		min, max float64
	}{{"Qwen3-30B-A3B-4bit", 200, 14, 84.5, 117.7}, {"GLM-4.7-Flash-4bit", 200, 18, 60.8, 87.6}} {
		i := slices.IndexFunc(d.Controls, func(m history.Movement) bool {
			return strings.HasSuffix(m.Model, want.model) && m.Tokens == want.tokens && m.Setting == "" && m.Phase == "decode"
		})
		if m := d.Controls[i]; m.Sessions != want.sessions || m.Min != want.min || m.Max != want.max {
			t.Errorf("%+v, want %+v", m, want)
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
	for name, c := range map[string]struct{ text, want string }{
		"empty":         {"", "the file is empty"},
		"text":          {"hello\nworld\n", "not a JSON object"},
		"other object":  {`{"schema_version":1}`, "neither a capsule"},
		"other lines":   {`{"a":1}` + "\n" + `{"b":1}`, "it names no model"},
		"empty array":   {`[]`, "no row"},
		"empty capsule": {`{"meta":{},"x":{"baseline":{},"patched":{}}}`, "it names no model"},
	} {
		d := &history.Document{}
		if err := Read(d, write(t, "f.json", c.text)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
	if err := Read(&history.Document{}, "testdata/none.json"); err == nil {
		t.Error("a missing file is no error")
	}
}
