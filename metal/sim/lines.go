package sim

import (
	"debug/dwarf"
	"debug/elf"
	"path"
	"strings"
)

// lineOf finds the line of a source that an address of a shared object came
// from: the line table's, or where the code around it was inlined. 0 if the
// object does not say.
func lineOf(object, source string, pc uint64) int {
	f, err := elf.Open(object)
	if err != nil {
		return 0
	}
	defer f.Close()
	data, err := f.DWARF()
	if err != nil {
		return 0
	}
	r := data.Reader()
	unit, err := r.SeekPC(pc)
	if err != nil {
		return 0
	}
	lines, err := data.LineReader(unit)
	if err != nil || lines == nil {
		return 0
	}
	var at dwarf.LineEntry
	if err := lines.SeekPC(pc, &at); err == nil && isSource(at.File, source) {
		return at.Line
	}
	return inlinedAt(data, r, lines.Files(), source, pc)
}

func isSource(f *dwarf.LineFile, source string) bool {
	return f != nil && (f.Name == source || strings.HasSuffix(f.Name, "/"+strings.TrimPrefix(source, "/")) || path.Base(f.Name) == source)
}

// inlinedAt is the innermost call in the source whose inlined code holds pc.
// The reader stands behind the compilation unit's own entry.
func inlinedAt(data *dwarf.Data, r *dwarf.Reader, files []*dwarf.LineFile, source string, pc uint64) int {
	line := 0
	for {
		e, err := r.Next()
		if err != nil || e == nil || e.Tag == dwarf.TagCompileUnit {
			return line
		}
		if e.Tag != dwarf.TagInlinedSubroutine || !holds(data, e, pc) {
			continue
		}
		n, ok := e.Val(dwarf.AttrCallFile).(int64)
		at, lineOk := e.Val(dwarf.AttrCallLine).(int64)
		if ok && lineOk && n >= 0 && int(n) < len(files) && isSource(files[n], source) {
			line = int(at)
		}
	}
}

func holds(data *dwarf.Data, e *dwarf.Entry, pc uint64) bool {
	ranges, err := data.Ranges(e)
	if err != nil {
		return false
	}
	for _, r := range ranges {
		if pc >= r[0] && pc < r[1] {
			return true
		}
	}
	return false
}
