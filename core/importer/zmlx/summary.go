package zmlx

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/assay-bench/assay/core/history"
)

// summary reads what a sweep wrote of its capsules: a row for each variant. It names
// neither model nor machine, and none is guessed from the suite.
func (f *file) summary(m map[string]json.RawMessage) error {
	head := f.fields(f.name, "", m)
	at, err := time.Parse("20060102T150405Z", head.text("timestamp_utc"))
	if err != nil {
		f.note(f.name, "field %q is no time", "timestamp_utc")
	}
	suite, tokens, runs := head.text("suite"), head.count("max_tokens"), head.count("runs")
	head.known("script", "variants", "env_overrides", "results")
	head.finish()
	return f.each(m, "results", func(source string, raw []byte, x *fields) {
		r := f.row(source, raw)
		r.Time, r.DateOnly, r.Setting, r.Tokens, r.Runs = at, err != nil, "suite "+suite, tokens, runs
		r.Variant, r.Capsule = x.text("variant"), baseName(x.text("capsule"))
		r.Label = r.Variant
		if status := x.number("return_code"); status != 0 {
			f.reject(r, raw, fmt.Sprintf("its run ended with status %g", status))
			return
		}
		metrics := x.object("metrics")
		metrics.known("variant", "memory_gb")
		fidelity := metrics.object("fidelity")
		r.Fidelity = fidelity.text("verdict")
		matched, total := fidelity.count("matched"), fidelity.count("total")
		r.Produced, r.Detail = total, fmt.Sprintf("%d/%d tokens identical", matched, total)
		decode, prefill := metrics.object("decode"), metrics.object("prefill")
		r.Phases["decode"] = rates(decode.rate("baseline"), decode.rate("patched"), decode.number("speedup"))
		if c := rates(prefill.rate("baseline"), prefill.rate("patched"), 1+prefill.number("change")); c.Baseline.Rate > 0 {
			r.Phases["prefill"] = c
		}
		metrics.finish() // of the row itself, how it was started is kept in its text
		f.take(r, raw)
	})
}

// snapshot reads a table that was drawn from summaries.
func (f *file) snapshot(m map[string]json.RawMessage) error {
	head := f.fields(f.name, "", m)
	at, dateOnly := head.moment("generated_at_utc")
	return f.each(m, "rows", func(source string, raw []byte, x *fields) {
		r := f.row(source, raw)
		r.Time, r.DateOnly, r.Setting = at, dateOnly, "suite "+x.text("suite")
		r.Variant, r.Capsule, r.Model = x.text("variant"), baseName(x.text("capsule_path")), x.optionalText("model")
		r.Label = r.Variant
		if _, ok := x.m["max_tokens"]; ok {
			r.Tokens = x.count("max_tokens")
		} else {
			r.Tokens = x.count("tokens")
		}
		r.Fidelity = x.text("fidelity_verdict")
		matched, total := x.count("fidelity_matched"), x.count("fidelity_total")
		r.Produced, r.Detail = total, fmt.Sprintf("%d/%d tokens identical", matched, total)
		r.Phases["decode"] = rates(x.rate("decode_baseline_tok_s"), x.rate("decode_patched_tok_s"), x.number("decode_speedup"))
		if c := rates(x.rate("prefill_baseline_tok_s"), x.rate("prefill_patched_tok_s"), 0); c.Baseline.Rate > 0 {
			r.Phases["prefill"] = c
		}
		f.take(r, raw)
	})
}

// each calls row for every object of a list; others are rejected.
func (f *file) each(m map[string]json.RawMessage, name string, row func(source string, raw []byte, x *fields)) error {
	var list []json.RawMessage
	if json.Unmarshal(m[name], &list) != nil {
		return fmt.Errorf("field %q is not a list", name)
	}
	for i, raw := range list {
		source := fmt.Sprintf("%s:%s[%d]", f.name, name, i)
		fields, ok := object(raw)
		if !ok {
			f.reject(history.Row{Source: source}, raw, "not a JSON object")
			continue
		}
		row(source, raw, f.fields(source, "", fields))
	}
	return nil
}

func (f *file) row(source string, raw []byte) history.Row {
	return history.Row{
		Source: source, Software: map[string]string{}, Phases: map[string]history.Comparison{}, Patches: []string{}, Raw: compact(raw),
	}
}

// rates is a comparison of which the medians alone are known.
func rates(baseline, patched, published float64) history.Comparison {
	return history.Comparison{
		Baseline: history.Series{Rate: baseline, Runs: []float64{}}, Patched: history.Series{Rate: patched, Runs: []float64{}}, Published: published,
	}
}
