package msl

import (
	"slices"
	"strings"
)

// positions are the built-in arguments a kernel may ask for.
var positions = map[string]bool{
	"thread_position_in_grid": true, "threads_per_grid": true, "grid_size": true, "grid_origin": true,
	"threadgroup_position_in_grid": true, "threadgroups_per_grid": true,
	"thread_position_in_threadgroup": true, "threads_per_threadgroup": true, "dispatch_threads_per_threadgroup": true,
	"thread_index_in_threadgroup": true, "thread_index_in_simdgroup": true, "simdgroup_index_in_threadgroup": true,
	"simdgroups_per_threadgroup": true, "dispatch_simdgroups_per_threadgroup": true,
	"threads_per_simdgroup": true, "thread_execution_width": true,
	"thread_index_in_quadgroup": true, "quadgroup_index_in_threadgroup": true, "quadgroups_per_threadgroup": true,
}

// Positions are the attributes of built-in arguments, sorted.
func Positions() []string { return sorted(positions) }

// Slots is how many buffers, and how many threadgroup arguments, a kernel may
// have. Metal feature set tables, "Maximum number of entries in the buffer
// argument table".
const Slots = 31

// typeWord are words of a type that cannot name an argument.
var typeWord = map[string]bool{"const": true, "volatile": true, "unsigned": true, "signed": true, "struct": true, "typename": true}

// args reads the parameter list that opens at '('. With bare, attributes may
// be missing, as in an explicit instantiation.
func (w *walker) args(open int, bare bool) []Arg {
	u := w.u
	var out []Arg
	for _, part := range u.split(open+1, u.match[open]) {
		if part[1]-part[0] == 1 && u.toks[part[0]].is("void") {
			continue
		}
		if part[0] == part[1] {
			panic(fault{u.errorAt(u.toks[open], "", "a kernel argument is empty")})
		}
		out = append(out, w.arg(part[0], part[1], bare))
	}
	if !bare {
		w.assign(out)
	}
	return out
}

func (w *walker) arg(i, end int, bare bool) Arg {
	u := w.u
	first := u.toks[i]
	a := Arg{Index: -1, File: first.file, Line: first.line, Col: first.col}
	name, array := -1, false
	var typ []token
	for j := i; j < end; j++ {
		t := u.toks[j]
		if last, ok := u.attribute(j); ok {
			w.argAttributes(&a, w.attributes(j, last), t)
			j = last
			continue
		}
		switch {
		case t.is("coherent") && j+1 < end && (u.toks[j+1].is("(") || qualifier[u.toks[j+1].text]):
			if u.toks[j+1].is("(") {
				j = u.match[j+1]
			}
			if !spelled(typ, "volatile") {
				typ = append(typ, token{kind: tokIdent, text: "volatile", space: true})
			}
		case t.is("volatile") && spelled(typ, "volatile"):
		case t.is("=") || t.is("("):
			panic(fault{u.errorAt(t, "", "kernel argument is written in a way that is not supported: use T* or T&")})
		case t.is("["):
			array = true
			j = u.match[j]
		case t.is("*"):
			if array || a.Reference {
				panic(fault{u.errorAt(t, "", "kernel argument is a pointer to a pointer")})
			}
			array = true
		case t.is("&"):
			a.Reference = true
		case t.kind == tokIdent && spaces[t.text]:
			if t.text == "thread" {
				panic(fault{u.errorAt(t, "", "kernel argument cannot be in the thread address space")})
			}
			a.Space = Space(t.text)
		case t.is("__restrict") || t.is("__restrict__") || t.is("restrict"):
			a.Restrict = true
			u.edits[j] = edit{role: roleText, text: "__restrict__"}
		default:
			if array || a.Reference { // behind the declarator: the name, or const
				if t.kind == tokIdent && !t.is("const") && !t.is("volatile") {
					name = j
				}
				continue
			}
			typ = append(typ, t)
		}
	}
	if n := len(typ) - 1; name < 0 && n > 0 && typ[n].kind == tokIdent && !typeWord[typ[n].text] && (!bare || !typeWord[typ[n-1].text] && typ[n-1].kind == tokIdent) {
		a.Name, typ = typ[n].text, typ[:n] // a value: the last word is its name
	} else if name >= 0 {
		a.Name = u.toks[name].text
	}
	a.Type = spell(typ)
	a.Constant = a.Space == Constant || spelled(typ, "const")
	if bare {
		return a
	}
	w.checkArg(a, first, array)
	return a
}

// spelled reports whether a word is among tokens.
func spelled(toks []token, word string) bool {
	return slices.ContainsFunc(toks, func(t token) bool { return t.is(word) })
}

func (w *walker) argAttributes(a *Arg, attrs map[string][]token, at token) {
	u := w.u
	for name, value := range attrs {
		switch {
		case name == "buffer" || name == "threadgroup":
			n, ok := w.index(value)
			if !ok || n < 0 || n >= Slots {
				panic(fault{u.errorAt(at, name, "[[%s(n)]] needs a number from 0 to %d", name, Slots-1)})
			}
			a.Attr, a.Index = name, n
		case name == "function_constant":
			a.Enabled = spell(value)
		case positions[name]:
			a.Attr = name
		case name == "maybe_unused" || name == "host_name":
		case refusedAttributes[name] != "":
			panic(u.outside(at, name, "[["+name+"]]", refusedAttributes[name]))
		default:
			panic(fault{u.errorAt(at, name, "attribute [[%s]] is not supported on a kernel argument%s", name, nearAttribute(name))})
		}
	}
}

func (w *walker) checkArg(a Arg, at token, pointer bool) {
	u := w.u
	switch {
	case positions[a.Attr] && (pointer || a.Reference || a.Space != Builtin):
		panic(fault{u.errorAt(at, a.Attr, "argument %s: [[%s]] belongs on a value", a.Name, a.Attr)})
	case a.Space == Builtin && !positions[a.Attr]:
		panic(fault{u.errorAt(at, "", "argument %s has no address space and no position attribute: write device or constant, or one such as [[thread_position_in_grid]]", a.Name)})
	case a.Space != Builtin && !pointer && !a.Reference:
		panic(fault{u.errorAt(at, "", "argument %s: %s data must be passed as a pointer or a reference", a.Name, a.Space)})
	case a.Space == Threadgroup && a.Attr == "buffer" || a.Space != Threadgroup && a.Attr == "threadgroup":
		panic(fault{u.errorAt(at, a.Attr, "argument %s: [[%s]] does not fit %s data", a.Name, a.Attr, a.Space)})
	case strings.HasPrefix(a.Type, "array<") && a.Space == Builtin:
		panic(u.outside(at, "", "argument "+a.Name, "arrays of resources"))
	}
}

// assign gives arguments without an index the lowest free one, as Metal does,
// and refuses an index used twice.
func (w *walker) assign(args []Arg) {
	buffers, groups := map[int]bool{}, map[int]bool{}
	table := func(a Arg) map[int]bool {
		if a.Space == Threadgroup {
			return groups
		}
		return buffers
	}
	for _, a := range args {
		if a.Index < 0 {
			continue
		}
		if table(a)[a.Index] && a.Enabled == "" {
			panic(fault{&Error{File: a.File, Line: a.Line, Col: a.Col, Msg: "argument " + a.Name + ": index " + itoa(a.Index) + " is taken"}})
		}
		table(a)[a.Index] = true
	}
	for n := range args {
		if args[n].Space == Builtin || args[n].Index >= 0 {
			continue
		}
		free := 0
		for table(args[n])[free] {
			free++
		}
		if free >= Slots {
			panic(fault{&Error{File: args[n].File, Line: args[n].Line, Col: args[n].Col, Msg: "argument " + args[n].Name + ": a kernel has at most " + itoa(Slots) + " buffers"}})
		}
		table(args[n])[free] = true
		args[n].Index = free
		args[n].Attr = "buffer"
		if args[n].Space == Threadgroup {
			args[n].Attr = "threadgroup"
		}
	}
}

// index evaluates an attribute's number: an integer expression of literals,
// which is what macros leave.
func (w *walker) index(expr []token) (n int, ok bool) {
	if len(expr) == 0 || len(expr) > 64 {
		return 0, false
	}
	for _, t := range expr {
		if t.kind != tokNumber && t.kind != tokPunct {
			return 0, false
		}
	}
	p := &preprocessor{file: w.u.File, macros: map[string]*macro{}, budget: 1024, work: maxWork}
	v := p.evaluate(token{text: "attribute", file: expr[0].file, line: expr[0].line, col: expr[0].col}, expr)
	return int(v), v >= 0 && v < 1<<31
}
