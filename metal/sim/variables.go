package sim

import (
	"debug/dwarf"
	"strconv"
)

// variable is one of thread memory.
type variable struct {
	name string
	at   string // file:line
	size int64
}

// largest finds the largest variable of the function that holds an address of a
// shared object, code inlined into it included. Its size is 0 if the object does
// not say.
func largest(object string, sources []string, pc uint64) variable {
	var most variable
	data := debugInfo(object)
	if data == nil {
		return most
	}
	r := data.Reader()
	unit, err := r.SeekPC(pc)
	if err != nil {
		return most
	}
	lines, err := data.LineReader(unit)
	if err != nil || lines == nil {
		return most
	}
	inside := false
	for {
		e, err := r.Next()
		if err != nil || e == nil || e.Tag == dwarf.TagCompileUnit {
			return most
		}
		switch {
		case e.Tag == dwarf.TagSubprogram:
			inside = holds(data, e, pc)
		case e.Tag == dwarf.TagVariable && inside:
			if v := describe(data, e, lines.Files(), sources); v.size > most.size {
				most = v
			}
		}
	}
}

// describe reads a variable's entry, or the one it is an inlined copy of. One
// that is not in the source has no size.
func describe(data *dwarf.Data, e *dwarf.Entry, files []*dwarf.LineFile, sources []string) variable {
	if origin, ok := e.Val(dwarf.AttrAbstractOrigin).(dwarf.Offset); ok {
		r := data.Reader()
		r.Seek(origin)
		var err error
		if e, err = r.Next(); err != nil || e == nil {
			return variable{}
		}
	}
	name, _ := e.Val(dwarf.AttrName).(string)
	file, _ := e.Val(dwarf.AttrDeclFile).(int64)
	line, _ := e.Val(dwarf.AttrDeclLine).(int64)
	at, ok := e.Val(dwarf.AttrType).(dwarf.Offset)
	if !ok || file < 0 || int(file) >= len(files) {
		return variable{}
	}
	source := sourceOf(files[file], sources)
	typ, err := data.Type(at)
	if err != nil || source == "" {
		return variable{}
	}
	return variable{name, source + ":" + strconv.FormatInt(line, 10), typ.Size()}
}
