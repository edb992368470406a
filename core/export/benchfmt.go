package export

import (
	"encoding/json"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/perf/benchfmt"

	"github.com/assay-bench/assay/core/record"
)

// Benchfmt writes a line for every counted round of every variant, the control
// included: the time that the summary is made of, and the rate where the phase has a
// unit. The median of the lines of a name is the document's.
func Benchfmt(w io.Writer, results []*record.Result) error {
	out := benchfmt.NewWriter(w)
	rates := map[string]bool{}
	for _, r := range results {
		for _, unit := range r.Experiment.Units {
			if unit = safe(unit); unit != "" {
				rates[unit+"/s"] = true
			}
		}
	}
	for _, unit := range slices.Sorted(maps.Keys(rates)) {
		if err := out.Write(&benchfmt.UnitMetadata{UnitMetadataKey: benchfmt.UnitMetadataKey{Unit: unit, Key: "better"}, OrigUnit: unit, Value: "higher"}); err != nil {
			return err
		}
	}
	for _, r := range results {
		for i := range r.Cases {
			c := &r.Cases[i]
			for k := range c.Variants {
				v := &c.Variants[k]
				for _, phase := range r.Experiment.Measure.Phases {
					if err := lines(out, r, c, v, phase); err != nil {
						return err
					}
				}
			}
		}
	}
	return nil
}

func lines(out *benchfmt.Writer, r *record.Result, c *record.Case, v *record.Variant, phase string) error {
	summary := v.Phases[phase]
	for _, t := range c.Times(v.Name, phase) {
		line := &benchfmt.Result{Config: setup(r), Name: benchfmt.Name(nameOf(r, c, v, phase)), Iters: 1, Values: []benchfmt.Value{{Value: t.Wall, Unit: "ns/op"}}}
		if unit := safe(r.Experiment.Units[phase]); unit != "" && summary.Units > 0 {
			line.Values = append(line.Values, benchfmt.Value{Value: summary.Units / t.Wall * 1e9, Unit: unit + "/s"})
		}
		if err := out.Write(line); err != nil {
			return err
		}
	}
	return nil
}

// setup is what benchstat tells tables apart by: not the session, so that two may be
// compared.
func setup(r *record.Result) (out []benchfmt.Config) {
	m := &r.Metadata
	for _, x := range [][2]string{{"goos", m.Host.OS}, {"goarch", m.Host.Arch}, {"cpu", m.Host.CPU}, {"device", m.Device.Name}, {"experiment", r.Experiment.Name}} {
		if value := strings.Join(strings.Fields(x[1]), " "); value != "" {
			out = append(out, benchfmt.Config{Key: x[0], Value: []byte(value), File: true})
		}
	}
	return out
}

// nameOf has the values of the matrix, the variant and the phase as keys of a
// benchmark's name, by which benchstat groups: benchstat -col /variant.
func nameOf(r *record.Result, c *record.Case, v *record.Variant, phase string) string {
	name := "Assay"
	for _, key := range slices.Sorted(maps.Keys(c.Matrix)) {
		var value any
		if json.Unmarshal(c.Matrix[key], &value) == nil {
			name += "/" + safe(key) + "=" + safe(text(value))
		}
	}
	name += "/variant=" + safe(v.Name) + "/phase=" + safe(phase)
	return processors.ReplaceAllString(name, "_$1")
}

// processors is what a reader takes for GOMAXPROCS at the end of a name.
var processors = regexp.MustCompile(`-([0-9]+)$`)

// safe is text without what ends a name or a part of it.
func safe(text string) string { return unsafe.ReplaceAllString(text, "_") }

var unsafe = regexp.MustCompile(`[\s/=]+`)
