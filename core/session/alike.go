package session

import (
	"bytes"
	"debug/elf"
	"debug/macho"
	"slices"
	"strings"

	"github.com/assay-bench/assay/core/record"
)

// markAlike finds variants that were built apart and came to the same program,
// byte for byte, with the same configuration: A/A arms, which only their digests
// tell.
func markAlike(variants []record.Variant, programs *programs) {
	for i := range variants {
		v := &variants[i]
		if v.Equals != "" {
			continue
		}
		k := slices.IndexFunc(variants[:i], func(w record.Variant) bool {
			return bytes.Equal(v.Config, w.Config) && programs.list[v.Program].alike(&programs.list[w.Program])
		})
		if k >= 0 {
			v.Equals = variants[k].Name
		}
	}
}

// alike says that two programs differ in nothing but where they were built.
// Their configurations and environments must be equal as they stand: one that
// names the build's folder may read anything in it.
func (p *program) alike(q *program) bool {
	if p.Build == nil || q.Build == nil || p.plugin.SHA256 == "" || p.plugin.SHA256 != q.plugin.SHA256 {
		return false
	}
	a, b := p.Program, q.Program
	a.Build, b.Build, a.Binary, b.Binary = nil, nil, "", ""
	return a.Same(b) && standsAlone(p.plugin.Path)
}

// standsAlone is true of a compiled program that loads no library from beside
// itself. A script does, and equal scripts may load different modules.
func standsAlone(path string) bool {
	if f, err := elf.Open(path); err == nil {
		defer f.Close() //nolint:errcheck // read only
		near, _ := f.DynString(elf.DT_RUNPATH)
		old, _ := f.DynString(elf.DT_RPATH)
		return len(near)+len(old) == 0
	}
	f, err := macho.Open(path)
	if err != nil {
		return false
	}
	defer f.Close() //nolint:errcheck // read only
	libraries, err := f.ImportedLibraries()
	return err == nil && !slices.ContainsFunc(libraries, func(l string) bool { return strings.HasPrefix(l, "@") })
}
