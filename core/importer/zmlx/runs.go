package zmlx

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/assay-bench/assay/core/history"
)

// endToEnd reads what bench_moe_e2e.py writes: one model, a list of arms with their
// runs, the unpatched one among them.
func (f *file) endToEnd(m map[string]json.RawMessage) error {
	head := f.fields(f.name, "", m)
	one := f.row(f.name, nil)
	one.DateOnly = true // it says no time at all
	one.Model, one.Tokens, one.Runs = head.text("model"), head.count("max_tokens"), head.count("runs")
	one.Runtime, one.Commit = prefixed("MLX ", head.text("mlx_version")), head.text("git_sha")
	device := head.object("device_meta")
	one.Hardware = strings.TrimSpace(device.optionalText("family") + " " + device.optionalText("variant"))
	if gb := device.number("memory_gb"); one.Hardware != "" && gb > 0 {
		one.Hardware = fmt.Sprintf("Apple %s %gGB", one.Hardware, gb)
	}
	arms := map[string]map[string]history.Series{}
	var order []string
	sources, texts := map[string]string{}, map[string][]byte{}
	err := f.each(m, "results", func(source string, raw []byte, x *fields) {
		label := x.text("label")
		arms[label] = map[string]history.Series{
			"decode": {Rate: x.rate("median_gen_tps"), Runs: ofRuns(x, "gen_tps")}, "prefill": {Rate: x.rate("median_prompt_tps"), Runs: ofRuns(x, "prompt_tps")},
		}
		order, sources[label], texts[label] = append(order, label), source, raw
	})
	if err != nil {
		return err
	}
	base := slices.IndexFunc(order, func(label string) bool { return strings.EqualFold(label, "baseline") })
	if base < 0 {
		return errors.New(`no arm is called "Baseline", so that nothing says which model is the unpatched one`)
	}
	for i, label := range order {
		if i == base {
			continue
		}
		r := one
		r.Source, r.Variant, r.Label, r.Raw = sources[label], label, label, compact(texts[label])
		r.Phases = map[string]history.Comparison{}
		for phase, b := range arms[order[base]] {
			if b.Rate > 0 {
				r.Phases[phase] = history.Comparison{Baseline: b, Patched: arms[label][phase]}
			}
		}
		f.take(r, texts[label])
	}
	return nil
}

// ofRuns are the rates of the single runs of an arm.
func ofRuns(x *fields, name string) []float64 {
	out := []float64{}
	var runs []map[string]json.RawMessage
	x.get("runs", &runs, "a list of objects", false)
	for _, run := range runs {
		var v float64
		if json.Unmarshal(run[name], &v) == nil && v > 0 {
			out = append(out, v)
		}
	}
	return out
}

// stress reads runs of one model over prompts and lengths, "english@256", of which
// medians are kept.
func (f *file) stress(m map[string]json.RawMessage) error {
	head := f.fields(f.name, "metadata.", objectOf(m["metadata"]))
	one := f.row(f.name, nil)
	one.Model, one.Runtime, one.Commit = head.text("model"), prefixed("MLX ", head.text("mlx_version")), head.optionalText("zmlx_commit")
	one.Hardware = head.text("chip")
	if gb := head.number("memory_gb"); one.Hardware != "" && gb > 0 {
		one.Hardware += fmt.Sprintf(" %gGB", gb)
	}
	if at, err := time.Parse(time.DateTime, head.text("date")); err == nil {
		one.Time = at // in which zone, it does not say
	}
	one.DateOnly = true
	base, patched, fidelity := objectOf(m["baseline_stats"]), objectOf(m["patched_stats"]), objectOf(m["fidelity"])
	var keys []string
	for key := range base {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	for _, key := range keys {
		r := one
		r.Source, r.Variant, r.Label, r.Raw = f.name+":"+key, "patched", "patched", compact(base[key])
		b, p := f.fields(r.Source, "baseline_stats.", objectOf(base[key])), f.fields(r.Source, "patched_stats.", objectOf(patched[key]))
		r.Setting, r.Tokens, r.Runs = "prompt "+b.text("prompt_name"), b.count("max_tokens"), b.count("n_runs")
		r.Phases = map[string]history.Comparison{"decode": rates(b.rate("median_gen_tps"), p.rate("median_gen_tps"), 0)}
		if c := rates(b.rate("median_prompt_tps"), p.rate("median_prompt_tps"), 0); c.Baseline.Rate > 0 {
			r.Phases["prefill"] = c
		}
		said := f.fields(r.Source, "fidelity.", objectOf(fidelity[key]))
		r.Fidelity, r.Detail = said.text("verdict"), said.optionalText("detail")
		f.take(r, compact(base[key]))
	}
	return nil
}

// comprehensive reads a report of one model, whose sections "sequence_length_…" compare
// two arms.
func (f *file) comprehensive(m map[string]json.RawMessage) error {
	head := f.fields(f.name, "benchmark_metadata.", objectOf(m["benchmark_metadata"]))
	software := head.object("software_versions")
	var names []string
	for name := range m {
		if strings.HasPrefix(name, "sequence_length_") {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		x := f.fields(f.name+":"+name, "", objectOf(m[name]))
		r := f.row(x.source, m[name])
		r.Model, r.Hardware, r.OS = head.text("model"), head.text("hardware"), head.text("os")
		r.Time, r.DateOnly = head.moment("timestamp")
		r.Runtime = prefixed("MLX ", software.text("mlx"))
		r.Software["zmlx"], r.Software["python"] = software.text("zmlx"), software.text("python")
		r.Tokens, r.Runs, r.Setting = x.count("max_tokens"), x.count("num_runs"), strings.ReplaceAll(name, "_", " ")
		r.Variant, r.Label = "patched", "patched"
		base, patched := x.object("baseline"), x.object("zmlx_patched")
		for phase, field := range map[string]string{"decode": "gen_tps", "prefill": "prompt_tps"} {
			r.Phases[phase] = history.Comparison{
				Baseline: history.Series{Rate: base.rate("median_" + field), Runs: ofRuns(base, field)},
				Patched:  history.Series{Rate: patched.rate("median_" + field), Runs: ofRuns(patched, field)},
			}
		}
		f.take(r, m[name])
	}
	return nil
}

// objectOf is an object, empty where there is none: its fields are then missing.
func objectOf(raw json.RawMessage) map[string]json.RawMessage {
	m, _ := object(raw)
	return m
}
