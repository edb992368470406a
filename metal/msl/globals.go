package msl

import "strings"

// variable marks program-scope variables of the constant address space.
func (w *walker) variable(i int, s shape) bool {
	u := w.u
	g := global{begin: i, end: s.end, constexpr: false}
	limit := s.end
	if s.initializer >= 0 {
		limit = s.initializer
	}
	constant, member := false, false
	var fc []token
	for j := s.spec; j < limit; j++ {
		t := u.toks[j]
		if last, ok := u.attribute(j); ok {
			if a := w.attributes(j, last)["function_constant"]; a != nil {
				fc = a
			}
			j = last
			continue
		}
		switch {
		case t.is("constant"):
			constant = true
		case t.is("constexpr"):
			g.constexpr = true
		case t.is("*") || t.is("&") || t.is("using") || t.is("typedef"):
			return false
		case t.is("("):
			if s.params == j {
				return false
			}
			j = u.match[j]
		case t.is("["):
			g.array = true
			j = u.match[j]
		case t.is("<"):
			if behind, ok := u.angles(j, limit); ok {
				j = behind - 1
			}
		case t.kind == tokIdent:
			member = j > i && u.toks[j-1].is("::") && (j+1 == limit || u.toks[j+1].is("["))
			g.name = t.text
		}
	}
	if !constant || g.name == "" {
		return false
	}
	if member && s.initializer < 0 { // a static member again: in C++17 the class has defined it
		w.erase(i, s.end)
		return true
	}
	typ := strings.TrimSpace(strings.TrimSuffix(u.text(s.spec, limit), g.name))
	g.scalar = !g.array && builtinScalar[bareType(typ)]
	if len(s.templates) > 0 {
		return false
	}
	if fc != nil {
		n, ok := w.index(fc)
		if !ok || !builtinScalar[bareType(typ)] {
			panic(fault{u.errorAt(u.toks[i], "function_constant", "function constant %s must be a scalar with a number for an index", g.name)})
		}
		if len(u.Constants) == maxKernels {
			panic(fault{u.errorAt(u.toks[i], "", "more than %d function constants", maxKernels)})
		}
		u.Constants = append(u.Constants, FunctionConstant{Name: g.name, Type: bareType(typ), Index: n, File: u.toks[i].file, Line: u.toks[i].line, begin: i})
		u.edits[i] = edit{role: roleConstant, text: itoa(len(u.Constants) - 1), until: s.end}
		return true
	}
	w.plain(i, s.end+1)
	u.edits[i] = edit{role: roleGlobal, text: itoa(len(u.globals)), until: s.end}
	u.globals = append(u.globals, g)
	return true
}

// bareType drops qualifiers from a type's text.
func bareType(typ string) string {
	var out []string
	for _, f := range strings.Fields(typ) {
		switch f {
		case "const", "constexpr", "static", "inline", "volatile", "extern":
		default:
			out = append(out, f)
		}
	}
	return strings.TrimPrefix(strings.Join(out, " "), "metal::")
}

var builtinScalar = map[string]bool{
	"bool": true, "char": true, "uchar": true, "short": true, "ushort": true, "int": true, "uint": true, "long": true, "ulong": true,
	"unsigned": true, "unsigned int": true, "unsigned short": true, "unsigned char": true, "unsigned long": true, "signed char": true,
	"float": true, "half": true, "size_t": true, "ptrdiff_t": true, "int8_t": true, "uint8_t": true, "int16_t": true, "uint16_t": true,
	"int32_t": true, "uint32_t": true, "int64_t": true, "uint64_t": true,
}
