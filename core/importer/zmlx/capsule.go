package zmlx

import (
	"encoding/json"
	"fmt"
	"sort"
	"strings"

	"github.com/assay-bench/assay/core/history"
)

// isCapsule says whether any section of an object looks like a row. A report has such
// sections, too.
func isCapsule(m map[string]json.RawMessage) bool {
	if m["benchmark_metadata"] != nil {
		return false
	}
	for name, raw := range m {
		if s, ok := object(raw); ok && name != "meta" && s["baseline"] != nil {
			return true
		}
	}
	return false
}

// capsule reads a repro capsule: "meta", and one section per comparison.
func (f *file) capsule(m map[string]json.RawMessage) error {
	source := f.name
	meta, ok := object(m["meta"])
	if !ok {
		f.note(source, "field %q is missing", "meta")
		meta = map[string]json.RawMessage{}
	} else {
		f.facts.Meta = compact(m["meta"])
	}
	var names []string
	for name := range m {
		if name != "meta" {
			names = append(names, name)
		}
	}
	sort.Strings(names)
	for _, name := range names {
		section, ok := object(m[name])
		if !ok {
			f.reject(history.Row{Source: source + ":" + name}, m[name], "a section that is not a JSON object")
			continue
		}
		f.section(source+":"+name, name, m[name], section, meta)
	}
	x := f.fields(source, "meta.", meta)
	for name := range meta {
		if strings.HasPrefix(name, "command_") || strings.HasPrefix(name, "has_") {
			x.known(name)
		}
	}
	x.known("date", "device", "memory_gb", "macos", "mlx_version", "zmlx_version", "git_commit", "python")
	x.finish()
	return f.some()
}

func (f *file) section(source, name string, raw []byte, m, meta map[string]json.RawMessage) {
	head := f.fields(f.name, "meta.", meta)
	x := f.fields(source, "", m)
	r := history.Row{Source: source, Software: map[string]string{}, Phases: map[string]history.Comparison{}, Raw: compact(raw)}
	r.Model = x.text("model")
	r.Time, r.DateOnly = head.moment("date")
	r.Hardware, r.OS = head.text("device"), prefixed("macOS ", head.text("macos"))
	if gb := head.number("memory_gb"); gb > 0 {
		r.Hardware += fmt.Sprintf(" %gGB", gb)
	}
	r.Runtime, r.Commit = prefixed("MLX ", head.text("mlx_version")), head.text("git_commit")
	r.Software["zmlx"], r.Software["python"] = head.text("zmlx_version"), head.text("python")
	r.Tokens, r.Produced, r.Runs = x.count("max_tokens"), x.count("gen_tokens"), x.count("runs")
	r.Notes = x.optionalText("notes")
	r.Label = labelOf(r.Notes)
	if env := environmentIn(head.optionalText("command_" + name)); env != "" {
		r.Label = env
	}
	r.Capsule = baseName(f.name)
	r.Setting = settingOf(r.Capsule)
	r.Variant = x.optionalText("variant")
	x.known("summary")

	fidelity := x.object("fidelity")
	r.Fidelity = fidelity.text("verdict")
	matched, total := fidelity.count("matched"), fidelity.count("total")
	r.Detail = fmt.Sprintf("%d/%d tokens identical", matched, total)
	fidelity.finish()

	base, patched := x.object("baseline"), x.object("patched")
	r.Patches = patched.texts("patterns")
	patched.known("modules_patched")
	for _, phase := range []string{"decode", "prefill"} {
		c := history.Comparison{Baseline: base.series(phase), Patched: patched.series(phase)}
		if c.Baseline.Rate > 0 {
			r.Phases[phase] = c
		}
	}
	base.known("peak_mem_gb")
	patched.known("peak_mem_gb")
	base.finish()
	patched.finish()
	if s, ok := object(m["summary"]); ok {
		f.published(source, s, r.Phases)
	} else {
		f.note(source, "field %q is missing", "summary")
	}
	x.finish()
	f.take(r, raw)
}

func (x *fields) series(phase string) history.Series {
	return history.Series{Rate: x.rate("median_" + phase), Runs: x.rates(phase + "_tok_s")}
}

// published puts the summary's ratios beside the rates.
func (f *file) published(source string, s map[string]json.RawMessage, phases map[string]history.Comparison) {
	x := f.fields(source, "summary.", s)
	decode, prefill := x.number("decode_speedup"), x.number("prefill_change")
	x.finish()
	for phase, ratio := range map[string]float64{"decode": decode, "prefill": 1 + prefill} {
		if c, ok := phases[phase]; ok {
			c.Published = ratio
			phases[phase] = c
		}
	}
}
