package export

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/assay-bench/assay/core/record"
)

// ledgerLine is a line of ZMLX's matrix.jsonl, which core/importer/zmlx reads.
type ledgerLine struct {
	Model          string    `json:"model_id"`
	Family         string    `json:"model_family"`
	Architecture   string    `json:"architecture"`
	Patterns       []string  `json:"patterns_applied"`
	Hardware       string    `json:"hardware"`
	Notes          string    `json:"notes"`
	MacOS          string    `json:"macos_version"`
	MLX            string    `json:"mlx_version"`
	Version        string    `json:"zmlx_version"`
	Commit         string    `json:"zmlx_commit"`
	Python         string    `json:"python_version"`
	Custom         bool      `json:"custom_mlx"`
	Timestamp      string    `json:"timestamp"`
	Fidelity       string    `json:"fidelity"`
	FidelityDetail string    `json:"fidelity_detail"`
	Modules        int       `json:"modules_patched"`
	DecodeBase     float64   `json:"decode_tps_baseline"`
	Decode         float64   `json:"decode_tps_patched"`
	Speedup        float64   `json:"decode_speedup"`
	DecodeBaseRuns []float64 `json:"decode_runs_baseline"`
	DecodeRuns     []float64 `json:"decode_runs_patched"`
	PrefillBase    float64   `json:"prefill_tps_baseline"`
	Prefill        float64   `json:"prefill_tps_patched"`
	PrefillChange  float64   `json:"prefill_change"`
	PeakBase       float64   `json:"peak_mem_baseline_gb"`
	Peak           float64   `json:"peak_mem_patched_gb"`
	MaxTokens      int       `json:"max_tokens"`
	Tokens         int       `json:"gen_tokens"`
	Runs           int       `json:"runs"`
}

// Ledger writes a line of ZMLX's ledger for every variant beside a baseline: rates by
// the medians of their times, which is what the ledger holds, and the rate of every
// round. What it does not know is empty or 0. Results without a model, or without a
// phase decode, are left out.
func Ledger(w io.Writer, results []*record.Result) error {
	out := json.NewEncoder(w)
	lines := 0
	for _, r := range results {
		for i := range r.Cases {
			c := &r.Cases[i]
			for k := range c.Variants {
				v := &c.Variants[k]
				l, ok := ledger(r, c, v)
				if !ok {
					continue
				}
				lines++
				if err := out.Encode(l); err != nil {
					return err
				}
			}
		}
	}
	if lines == 0 {
		return errors.New("no result has a model and a variant that was measured in decode, of which alone the ledger has lines")
	}
	return nil
}

const decode, prefill = "decode", "prefill"

func ledger(r *record.Result, c *record.Case, v *record.Variant) (l ledgerLine, ok bool) {
	m := &r.Metadata
	d := v.Phases[decode]
	base := c.Variants[0]
	if m.Model == nil || v.Role == record.RoleBaseline || v.Role == record.RoleControl || d.Ratio == nil || d.UnitsPerSec <= 0 {
		return l, false
	}
	l = ledgerLine{
		Model: *m.Model, Patterns: []string{v.Name}, Hardware: m.Device.Name, Timestamp: r.Session.Ended.Format(time.RFC3339),
		Notes:      fmt.Sprintf("assay %s, session %s, experiment %s, case %s", m.Assay.Version, r.Session.ID, r.Experiment.Name, c.ID),
		DecodeBase: base.Phases[decode].UnitsPerSec, Decode: d.UnitsPerSec, Speedup: d.Ratio.Median, Runs: d.Rounds,
		PeakBase: float64(base.PeakBytes) / 1e9, Peak: float64(v.PeakBytes) / 1e9, DecodeBaseRuns: []float64{}, DecodeRuns: []float64{},
	}
	if m.Host.OS == "darwin" {
		l.MacOS = m.Device.OSBuild
	}
	if m.MLXVersion != nil {
		l.MLX = *m.MLXVersion
	}
	if m.GitSHA != nil {
		l.Commit = *m.GitSHA
	}
	for _, t := range c.Times(v.Name, decode) {
		l.DecodeBaseRuns = append(l.DecodeBaseRuns, base.Phases[decode].Units/t.Base*1e9)
		l.DecodeRuns = append(l.DecodeRuns, d.Units/t.Wall*1e9)
	}
	if p := v.Phases[prefill]; p.Ratio != nil {
		l.PrefillBase, l.Prefill, l.PrefillChange = base.Phases[prefill].UnitsPerSec, p.UnitsPerSec, p.Ratio.Median-1
	}
	l.Fidelity, l.FidelityDetail = fidelity(v)
	return l, true
}

func fidelity(v *record.Variant) (word, detail string) {
	for _, k := range v.Checks {
		if word = "PASS"; !k.Passed {
			return "FAIL", k.Name + ": " + k.Found()
		}
	}
	return word, ""
}
