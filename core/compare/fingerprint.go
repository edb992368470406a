package compare

import (
	"fmt"
	"slices"
	"strings"

	"github.com/assay-bench/assay/core/record"
)

// A Field of the set-up that differs.
type Field struct {
	Name string `json:"name"`
	A    string `json:"a"`
	B    string `json:"b"`
}

// fingerprint lists the fields that must be alike before raw times of two
// sessions may stand side by side.
func fingerprint(a, b *record.Result) []Field {
	x, y := a.Metadata, b.Metadata
	all := []Field{
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
	}
	return slices.DeleteFunc(all, func(f Field) bool { return f.A == f.B })
}

// digests is empty unless no variant that both documents have is configured
// alike: single differing ones are told row by row.
func digests(r, other *record.Result) string {
	var own []string
	shared, alike := 0, 0
	for i := range r.Cases {
		c := &r.Cases[i]
		o := find(other.Cases, func(x *record.Case) bool { return x.ID == c.ID })
		for j := range c.Variants {
			v := &c.Variants[j]
			if o == nil || v.Role == record.RoleControl {
				continue
			}
			if w := find(o.Variants, func(x *record.Variant) bool { return x.Name == v.Name }); w != nil {
				shared++
				if w.ConfigDigest == v.ConfigDigest {
					alike++
				}
				own = append(own, fmt.Sprintf("%s %s", v.Name, short(v.ConfigDigest)))
			}
		}
	}
	if shared == 0 || alike > 0 {
		return ""
	}
	return strings.Join(own, ", ")
}

func short(digest string) string {
	d := strings.TrimPrefix(digest, "sha256:")
	return d[:min(len(d), 12)]
}
