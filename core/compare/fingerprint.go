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
	x, y := a.Metadata, b.Metadata
	all := []record.Field{}
	for _, f := range [][3]string{
		{"device kind", x.Device.Kind, y.Device.Kind},
		{"device name", x.Device.Name, y.Device.Name},
		{"device driver", x.Device.Driver, y.Device.Driver},
		{"OS build", x.Device.OSBuild, y.Device.OSBuild},
		{"host CPU", x.Host.CPU, y.Host.CPU},
		{"plugin", x.Plugin.Name, y.Plugin.Name},
		{"plugin digest", x.Plugin.SHA256, y.Plugin.SHA256},
		{"assay version", x.Assay.Version, y.Assay.Version},
		{"cache", a.Experiment.Measure.Cache, b.Experiment.Measure.Cache},
		{"configuration digests", digests(a, b), digests(b, a)},
	} {
		all = append(all, record.Field{Name: f[0], A: f[1], B: f[2]})
	}
	all = append(all, programFields(a, b)...)
	return slices.DeleteFunc(all, func(f record.Field) bool { return f.A == f.B })
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
