package dispatch

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/assay-bench/assay/core/record"
)

// Table sets what each class's machine found side by side. Each column is a session of
// its own: nothing in it comes from two machines.
func Table(w io.Writer, r *Run) error {
	classes := r.Classes()
	documents := map[string]map[string]*record.Result{} // by experiment and class
	var names []string
	for _, t := range r.Jobs {
		if t.Outcome == nil {
			continue
		}
		for _, name := range t.Experiments {
			doc, err := record.ReadReduced(r.Document(t.Class, name))
			if err != nil {
				return err
			}
			if documents[name] == nil {
				documents[name] = map[string]*record.Result{}
				names = append(names, name)
			}
			documents[name][t.Class] = doc
		}
	}
	out := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(out, "experiment\tcase\tvariant\tphase\t%s\n", strings.Join(classes, "\t"))
	for _, name := range names {
		row(out, name, "", "", "", classes, func(c string) string {
			if d := documents[name][c]; d != nil {
				return d.Verdict + " (" + string(d.Status) + ")"
			}
			return "-"
		})
		for _, p := range places(classes, documents[name]) {
			row(out, "", p.Case, p.Variant, p.Phase, classes, func(c string) string { return speed(documents[name][c], p) })
		}
	}
	if err := out.Flush(); err != nil {
		return err
	}
	fmt.Fprintln(w, "A column is one machine: its verdicts rest on its own rounds, and its speeds are against the baseline that was measured beside them.\nSpeeds of two columns may be compared, as `assay compare A B` does by their intervals; times may not.")
	for _, name := range names {
		for _, note := range unlike(classes, documents[name]) {
			fmt.Fprintf(w, "note: %s: %s\n", name, note)
		}
	}
	return nil
}

func row(w io.Writer, name, id, variant, phase string, classes []string, cell func(string) string) {
	cells := []string{name, id, variant, phase}
	for _, c := range classes {
		cells = append(cells, cell(c))
	}
	fmt.Fprintln(w, strings.TrimRight(strings.Join(cells, "\t"), "\t"))
}

type place struct{ Case, Variant, Phase string }

// places are where a speed was measured on some class, in the order of the documents.
func places(classes []string, of map[string]*record.Result) []place {
	var out []place
	for _, class := range classes {
		d := of[class]
		if d == nil {
			continue
		}
		for i := range d.Cases {
			for _, v := range d.Cases[i].Variants {
				var phases []string
				for phase, s := range v.Phases {
					if s.Ratio != nil {
						phases = append(phases, phase)
					}
				}
				slices.Sort(phases)
				for _, phase := range phases {
					if p := (place{d.Cases[i].ID, v.Name, phase}); !slices.Contains(out, p) {
						out = append(out, p)
					}
				}
			}
		}
	}
	return out
}

func speed(d *record.Result, p place) string {
	if d == nil {
		return "-"
	}
	for i := range d.Cases {
		for _, v := range d.Cases[i].Variants {
			if d.Cases[i].ID != p.Case || v.Name != p.Variant {
				continue
			}
			s, ok := v.Phases[p.Phase]
			switch {
			case !ok || s.Ratio == nil:
				return "-"
			case s.Ratio.Lower == nil || s.Ratio.Upper == nil:
				return fmt.Sprintf("%.3f×", s.Ratio.Estimate)
			}
			return fmt.Sprintf("%.3f× [%.3f, %.3f]", s.Ratio.Estimate, *s.Ratio.Lower, *s.Ratio.Upper)
		}
	}
	return "-"
}

// unlike says in what columns differ besides the machine.
func unlike(classes []string, of map[string]*record.Result) []string {
	var out []string
	for what, value := range map[string]func(*record.Result) string{
		"the plugin": func(d *record.Result) string { return d.Metadata.Plugin.Name + " " + d.Metadata.Plugin.Version },
		"assay":      func(d *record.Result) string { return d.Metadata.Assay.Version },
		"the device's kind": func(d *record.Result) string {
			return d.Metadata.Device.Kind
		},
	} {
		var said, parts []string
		for _, c := range classes {
			if d := of[c]; d != nil {
				said, parts = append(said, value(d)), append(parts, c+" has "+value(d))
			}
		}
		if slices.Sort(said); len(slices.Compact(said)) > 1 {
			out = append(out, fmt.Sprintf("%s differs between columns: %s", what, strings.Join(parts, ", ")))
		}
	}
	slices.Sort(out)
	return out
}
