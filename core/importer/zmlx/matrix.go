package zmlx

import (
	"bytes"
	"encoding/json"
	"math"

	"github.com/assay-bench/assay/core/history"
)

// matrixRow reads one line of a matrix file.
func (f *file) matrixRow(source string, raw []byte, m map[string]json.RawMessage) {
	x := f.fields(source, "", m)
	r := history.Row{Source: source, Software: map[string]string{}, Phases: map[string]history.Comparison{}, Raw: compact(raw)}
	r.Model = x.text("model_id")
	r.Time, r.DateOnly = x.moment("timestamp")
	r.Hardware, r.OS = x.text("hardware"), prefixed("macOS ", x.text("macos_version"))
	r.Runtime, r.Commit = prefixed("MLX ", x.text("mlx_version")), x.text("zmlx_commit")
	r.Software["zmlx"], r.Software["python"] = x.text("zmlx_version"), x.text("python_version")
	r.Patches, r.Notes = x.texts("patterns_applied"), x.text("notes")
	r.Label, r.Capsule = labelOf(r.Notes), capsuleIn(r.Notes)
	r.Setting = settingOf(r.Capsule)
	r.Tokens, r.Produced, r.Runs = x.count("max_tokens"), x.count("gen_tokens"), x.count("runs")
	r.Fidelity, r.Detail = x.text("fidelity"), x.text("fidelity_detail")
	r.Phases["decode"] = history.Comparison{
		Baseline:  history.Series{Rate: x.rate("decode_tps_baseline"), Runs: x.rates("decode_runs_baseline")},
		Patched:   history.Series{Rate: x.rate("decode_tps_patched"), Runs: x.rates("decode_runs_patched")},
		Published: x.number("decode_speedup"),
	}
	prefill := history.Comparison{
		Baseline: history.Series{Rate: x.rate("prefill_tps_baseline"), Runs: []float64{}},
		Patched:  history.Series{Rate: x.rate("prefill_tps_patched"), Runs: []float64{}},
	}
	if prefill.Published = 1 + x.number("prefill_change"); prefill.Baseline.Rate > 0 {
		r.Phases["prefill"] = prefill
	}
	x.known("model_family", "architecture", "custom_mlx", "modules_patched", "peak_mem_baseline_gb", "peak_mem_patched_gb")
	x.finish()
	f.take(r, raw)
}

// take accepts a row that can be used, and rejects one that says nothing.
func (f *file) take(r history.Row, raw []byte) {
	switch {
	case r.Model == "" && r.Variant == "":
		f.reject(r, raw, "it names no model")
		return
	case r.Phases["decode"].Baseline.Rate <= 0:
		f.reject(r, raw, "it has no decode rate of the baseline")
		return
	}
	for phase, c := range r.Phases {
		if c.Published != 0 && c.Ratio() > 0 && math.Abs(c.Published/c.Ratio()-1) > 0.005 {
			f.note(r.Source, "the published %s ratio %.4g is not what its rates give, %.4g; the rates are used", phase, c.Published, c.Ratio())
		}
	}
	f.accept(r)
}

// compact is the row in one line, as it was otherwise.
func compact(raw []byte) json.RawMessage {
	var b bytes.Buffer
	if json.Compact(&b, raw) != nil {
		return json.RawMessage("null")
	}
	return b.Bytes()
}

func prefixed(prefix, s string) string {
	if s == "" {
		return ""
	}
	return prefix + s
}
