package sim

import (
	"debug/dwarf"
	"debug/elf"
	"strconv"
	"strings"
)

// lineOf finds the file:line of a source that an address of a shared object
// came from: the line table's, or where the code around it was inlined. Empty
// if the object does not say.
func lineOf(object string, sources []string, pc uint64) string {
	data := debugInfo(object)
	if data == nil {
		return ""
	}
	r := data.Reader()
	unit, err := r.SeekPC(pc)
	if err != nil {
		return ""
	}
	lines, err := data.LineReader(unit)
	if err != nil || lines == nil {
		return ""
	}
	var at dwarf.LineEntry
	if err := lines.SeekPC(pc, &at); err == nil && at.Line > 0 { // line 0 is code that the compiler made up
		if source := sourceOf(at.File, sources); source != "" {
			return source + ":" + strconv.Itoa(at.Line)
		}
	}
	return inlinedAt(data, r, lines.Files(), sources, pc)
}

// debugInfo of a shared object, or nil.
func debugInfo(object string) *dwarf.Data {
	f, err := elf.Open(object)
	if err != nil {
		return nil
	}
	defer f.Close()
	data, err := f.DWARF()
	if err != nil {
		return nil
	}
	return data
}

// sourceOf is the source that a file of debug information is, or empty: the
// prelude's headers are none. Compilers put their working folder before names.
func sourceOf(f *dwarf.LineFile, sources []string) string {
	if f == nil {
		return ""
	}
	for _, s := range sources {
		if f.Name == s || strings.HasSuffix(f.Name, "/"+strings.TrimPrefix(s, "/")) {
			return s
		}
	}
	return ""
}

// inlinedAt is the innermost call in the source whose inlined code holds pc.
// The reader stands behind the compilation unit's own entry.
func inlinedAt(data *dwarf.Data, r *dwarf.Reader, files []*dwarf.LineFile, sources []string, pc uint64) string {
	at := ""
	for {
		e, err := r.Next()
		if err != nil || e == nil || e.Tag == dwarf.TagCompileUnit {
			return at
		}
		if e.Tag != dwarf.TagInlinedSubroutine || !holds(data, e, pc) {
			continue
		}
		n, ok := e.Val(dwarf.AttrCallFile).(int64)
		line, lineOk := e.Val(dwarf.AttrCallLine).(int64)
		if !ok || !lineOk || n < 0 || int(n) >= len(files) {
			continue
		}
		if source := sourceOf(files[n], sources); source != "" {
			at = source + ":" + strconv.FormatInt(line, 10)
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
