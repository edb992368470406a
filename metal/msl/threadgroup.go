package msl

import "strings"

// sharedDecl is a declaration of threadgroup variables.
type sharedDecl struct {
	typ   string
	align string // alignas(...) and the like
	vars  []sharedVar
}

type sharedVar struct {
	name, dims string
	init       [2]int // tokens of the initial value
	line       int
}

// specifiers are words of a declaration that are no part of its type.
var specifiers = map[string]bool{
	"threadgroup": true, "const": true, "volatile": true, "static": true, "constexpr": true, "inline": true, "thread": true, "device": true, "constant": true, "coherent": true,
}

// builtinWords may stand in a row, as in unsigned long int.
var builtinWords = map[string]bool{"unsigned": true, "signed": true, "int": true, "long": true, "short": true, "char": true, "float": true}

// threadgroup reads the declaration that the word threadgroup at i is part of. It
// marks one of threadgroup variables; a pointer or reference to some loses the
// word. What is neither is refused: as an ordinary variable each thread would
// have its own.
func (w *walker) threadgroup(i, begin, end int, block, outermost bool) {
	u := w.u
	if u.edits[i].role == roleShared {
		return
	}
	start := u.statement(i, begin)
	name, first, ok := u.specifier(start, end)
	switch {
	case !ok:
	case u.toks[first].is("*") || u.toks[first].is("&") || u.toks[first].is("&&"):
		u.edits[i] = edit{role: roleErase}
		return
	case u.toks[first].is("(") && first+1 < end && (u.toks[first+1].is("*") || u.toks[first+1].is("&")): // T (&x)[n]
		u.edits[i] = edit{role: roleErase}
		return
	case block && name != "":
		d, last, ok := u.sharedAt(start, first, end)
		if !ok {
			break
		}
		for _, v := range d.vars {
			if v.init[0] < v.init[1] && !outermost {
				panic(fault{u.errorAt(u.toks[i], "threadgroup", "threadgroup variable %s has an initial value: declare it in the outermost block of a kernel, where all threads come by", v.name)})
			}
		}
		d.typ = name
		u.shared[start] = d
		u.edits[start] = edit{role: roleShared, until: last}
		return
	case !block && u.toks[first].is("("): // a function that returns one would be no Metal either
	}
	wrong := "write threadgroup TYPE NAME[SIZE];"
	if !block {
		wrong = "a threadgroup variable belongs in a kernel's body"
	}
	panic(fault{u.errorAt(u.toks[i], "threadgroup", "threadgroup declaration is written in a way that is not supported: %s", wrong)})
}

// statement is the first token of the declaration that token i is a specifier of.
func (u *Unit) statement(i, begin int) int {
	for i > begin {
		t := u.toks[i-1]
		open := -1
		if u.match[i-1] >= 0 && u.match[i-1] < i-1 {
			open = u.match[i-1]
		}
		switch {
		case t.kind == tokIdent && !notType[t.text] && !t.is("template"), t.is("::"):
			i--
		case t.is(")") && open > begin && (u.toks[open-1].is("alignas") || u.toks[open-1].is("__attribute__") || u.toks[open-1].is("decltype")):
			i = open - 1
		case t.is("]") && open >= begin && open+1 < len(u.toks) && u.toks[open+1].is("["):
			i = open
		case t.is(">"):
			j, depth := i-1, 0
			for ; j > begin; j-- {
				if u.toks[j].is(">") {
					depth++
				} else if u.toks[j].is("<") {
					if depth--; depth == 0 {
						break
					}
				} else if u.toks[j].is(";") || u.toks[j].is("{") {
					return i
				}
			}
			i = j
		default:
			return i
		}
	}
	return i
}

// specifier reads the specifiers at i: typ is the type as it is to be written, and
// first what stands behind it.
func (u *Unit) specifier(i, end int) (typ string, first int, ok bool) {
	var text []string
	named, builtin := false, false
	for i < end {
		t := u.toks[i]
		if last, attribute := u.attribute(i); attribute {
			i = last + 1
			continue
		}
		switch {
		case t.is("alignas") || t.is("__attribute__") || t.is("__extension__"):
			i++
			if i < end && u.toks[i].is("(") {
				i = u.match[i] + 1
			}
		case t.kind == tokIdent && specifiers[t.text]:
			i++
		case t.kind == tokIdent && (t.is("struct") || t.is("typename") || t.is("class") || t.is("union")) && !named:
			text = append(text, t.text)
			i++
		case t.is("decltype") && !named && i+1 < end && u.toks[i+1].is("("):
			behind := u.match[i+1] + 1
			text, named, i = append(text, u.text(i, behind)), true, behind
		case t.kind == tokIdent && (!named || builtin && builtinWords[t.text]):
			named, builtin = true, builtinWords[t.text]
			text = append(text, t.text)
			i++
		case t.is("::") && (!named || i > 0 && u.toks[i-1].kind == tokIdent || u.toks[i-1].is(">")) && i+1 < end && u.toks[i+1].kind == tokIdent:
			behind := i + 2
			if u.toks[i+1].is("template") && behind < end {
				behind++
			}
			text, named, i = append(text, u.text(i, behind)), true, behind
		case t.is("<") && named:
			behind, closed := u.angles(i, end)
			if !closed {
				return "", i, false
			}
			text, i = append(text, u.text(i, behind)), behind
		default:
			return strings.Join(text, " "), i, named
		}
	}
	return "", i, false
}

// sharedAt reads the declarators from first to the semicolon.
func (u *Unit) sharedAt(start, first, end int) (d *sharedDecl, last int, ok bool) {
	d = &sharedDecl{align: u.alignment(start, first)}
	for i := first; i < end; {
		if u.toks[i].kind != tokIdent {
			return nil, 0, false
		}
		v := sharedVar{name: u.toks[i].text, line: u.toks[first].line}
		i++
		from := i
		for i < end {
			if behind, attribute := u.attribute(i); attribute {
				i = behind + 1
			} else if u.toks[i].is("[") {
				i = u.match[i] + 1
			} else if u.toks[i].is("__attribute__") && i+1 < end && u.toks[i+1].is("(") {
				if d.align == "" {
					d.align = u.alignment(i, u.match[i+1]+1)
				}
				u.edits[i] = edit{role: roleErase}
				v.dims += u.text(from, i)
				i = u.match[i+1] + 1
				from = i
			} else {
				break
			}
		}
		v.dims += u.text(from, i)
		if i < end && u.toks[i].is("=") {
			from = i + 1
			i = u.next(from, end, ",", ";")
			v.init = [2]int{from, i}
		} else if i < end && u.toks[i].is("{") {
			v.init = [2]int{i, u.match[i] + 1}
			i = u.match[i] + 1
		}
		d.vars = append(d.vars, v)
		switch {
		case i >= end:
			return nil, 0, false
		case u.toks[i].is(";"):
			return d, i, true
		case !u.toks[i].is(","):
			return nil, 0, false
		}
		i++
	}
	return nil, 0, false
}

// alignment is what tokens [i,end) say of it, as C++ spells it.
func (u *Unit) alignment(i, end int) string {
	for ; i < end; i++ {
		switch {
		case u.toks[i].is("alignas") && i+1 < end && u.toks[i+1].is("("):
			return u.text(i, u.match[i+1]+1) + " "
		case (u.toks[i].is("aligned") || u.toks[i].is("__aligned__")) && i+1 < end && u.toks[i+1].is("("):
			return "alignas" + u.text(i+1, u.match[i+1]+1) + " "
		}
	}
	return ""
}

// sharedIn are the threadgroup variables that tokens [i,end) declare.
func (u *Unit) sharedIn(i, end int) []ThreadgroupVar {
	var out []ThreadgroupVar
	for ; i < end; i++ {
		if u.edits[i].role != roleShared {
			continue
		}
		for _, v := range u.shared[i].vars {
			out = append(out, ThreadgroupVar{Name: v.name, Type: strings.TrimSpace(u.shared[i].typ + " " + v.dims), Line: v.line})
		}
	}
	return out
}
