package compare

import (
	"fmt"
	"slices"
	"strings"

	"github.com/assay-bench/assay/core/record"
)

// SetUp lists the fields in which the set-ups of two sessions differ: all must be
// alike before their raw times may stand side by side.
func SetUp(a, b *record.Result) []record.Field {
	all := []record.Field{}
	of := Setup(b)
	for i, f := range Setup(a) {
		all = append(all, record.Field{Name: f.Name, A: f.Value, B: of[i].Value})
	}
	all = append(all, record.Field{Name: "configuration digests", A: digests(a, b), B: digests(b, a)})
	all = append(all, programFields(a, b)...)
	return slices.DeleteFunc(all, func(f record.Field) bool { return f.A == f.B })
}

// A Part of what a session was measured with.
type Part struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Setup of a session: what must be alike before its raw times may stand beside
// others. The same parts in the same order for each session.
func Setup(r *record.Result) []Part {
	m := r.Metadata
	return []Part{
		{"device kind", m.Device.Kind},
		{"device name", m.Device.Name},
		{"device driver", m.Device.Driver},
		{"OS build", m.Device.OSBuild},
		{"host CPU", m.Host.CPU},
		{"plugin", m.Plugin.Name},
		{"plugin digest", m.Plugin.SHA256},
		{"assay version", m.Assay.Version},
		{"cache", r.Experiment.Measure.Cache},
	}
}

// digests reports a difference only if every shared variant is configured
// differently: single ones are told row by row.
func digests(r, other *record.Result) string {
	var own []string
	alike := 0
	eachShared(r, other, func(v, w *record.Variant) {
		if w.ConfigDigest == v.ConfigDigest {
			alike++
		}
		own = append(own, fmt.Sprintf("%s %s", v.Name, short(v.ConfigDigest)))
	})
	if alike > 0 {
		return ""
	}
	return strings.Join(own, ", ")
}

func short(digest string) string {
	d := strings.TrimPrefix(digest, "sha256:")
	return d[:min(len(d), 12)]
}
