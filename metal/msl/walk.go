package msl

import "strings"

// walker goes over declarations and marks what a renderer has to change.
type walker struct {
	u         *Unit
	seen      map[string]span        // headers of functions, address spaces left out
	functions map[string][]*function // kernel functions by unqualified name
	pending   []instantiation
	overloads []overload
	classes   int
	depth     int
	kernels   int
	inKernel  bool
}

// span are the tokens of a function: its header, and its body to end.
type span struct{ begin, body, end int }

// instantiation is an explicit instantiation that may name a kernel.
type instantiation struct {
	begin, end int
	namespace  string
}

// scope walks the declarations in [i,end).
func (w *walker) scope(i, end int, namespace string, class bool) {
	u := w.u
	if w.depth++; w.depth > maxNesting {
		panic(fault{u.errorAt(u.toks[i-1], "", "declarations are nested too deep")})
	}
	defer func() { w.depth-- }()
	for i < end {
		t := u.toks[i]
		switch {
		case t.kind == tokPragma || t.is(";"):
			i++
		case (t.is("public") || t.is("private") || t.is("protected")) && class && i+1 < end && u.toks[i+1].is(":"):
			i += 2
		case t.is("namespace") || t.is("inline") && i+1 < end && u.toks[i+1].is("namespace"):
			i = w.namespace(i, end, namespace)
		case t.is("extern") && i+2 < end && u.toks[i+1].kind == tokString && u.toks[i+2].is("{"):
			u.edits[i], u.edits[i+1] = edit{role: roleErase}, edit{role: roleErase}
			open := i + 2
			u.edits[open], u.edits[u.match[open]] = edit{role: roleErase}, edit{role: roleErase}
			w.scope(open+1, u.match[open], namespace, false)
			i = u.match[open] + 1
		default:
			i = w.declaration(i, end, namespace, class)
		}
	}
}

func (w *walker) namespace(i, end int, outer string) int {
	u := w.u
	name := outer
	for j := i + 1; j < end; j++ {
		t := u.toks[j]
		if last, ok := u.attribute(j); ok {
			w.erase(j, last)
			j = last
			continue
		}
		switch {
		case t.kind == tokIdent && t.text != "namespace":
			if name != "" {
				name += "::"
			}
			name += t.text
		case t.is("{"):
			w.scope(j+1, u.match[j], name, false)
			return u.match[j] + 1
		case t.is(";"):
			return j + 1
		}
	}
	panic(fault{u.errorAt(u.toks[i], "", "namespace has no body")})
}

// declaration handles the declaration at i and returns what is behind it. What is
// outside the subset there is remembered, and refused where it is needed.
func (w *walker) declaration(i, end int, namespace string, class bool) int {
	s := w.measure(i, end)
	if class {
		w.mark(i, s, namespace, true)
		return s.end + 1
	}
	d, depth := w.declare(i, s), w.depth
	d.global = namespace == ""
	d.refusal = attempt(func() { w.mark(i, s, namespace, false) })
	w.depth = depth
	return s.end + 1
}

// mark finds out what a renderer has to change in a declaration.
func (w *walker) mark(i int, s shape, namespace string, class bool) {
	u := w.u
	w.qualifiers(s)
	switch {
	case s.instantiation:
		w.pending = append(w.pending, instantiation{i, s.end, namespace})
		w.plain(i, s.end+1)
	case s.kernel >= 0 && s.body >= 0:
		w.kernel(i, s, namespace)
	case s.kernel >= 0 && s.params >= 0: // a kernel declared ahead: its definition counts
		w.erase(i, s.end)
	case s.class >= 0:
		w.classes++
		w.plain(i, s.class+1)
		w.scope(s.class+1, u.match[s.class], namespace+"{"+itoa(w.classes), true)
		w.plain(u.match[s.class], s.end+1)
		w.class(i, s, namespace)
	case s.body >= 0:
		w.function(i, s, namespace)
	case class && s.params >= 0 && s.operator < 0 && !u.toks[s.spec].is("using") && !u.toks[s.spec].is("typedef") && !u.toks[s.spec].is("friend"):
		w.function(i, s, namespace) // declared, or = default
	case !class && w.variable(i, s):
	default:
		if class {
			w.members(i, s)
		}
		w.plain(i, s.end+1)
	}
}

// qualifiers refuses functions of kinds that are outside the subset.
func (w *walker) qualifiers(s shape) {
	u := w.u
	if t := u.toks[s.spec]; t.kind == tokIdent && s.spec < s.end && u.toks[s.spec+1].kind == tokIdent && refusedFunctions[t.text] != "" {
		panic(u.outside(t, t.text, t.text, refusedFunctions[t.text]))
	}
	for j := s.spec; j <= max(s.spec, s.params, s.body); j++ {
		last, ok := u.attribute(j)
		if !ok {
			continue
		}
		for name := range w.attributes(j, last) {
			if feature := refusedFunctions[name]; feature != "" {
				panic(u.outside(u.toks[j+2], name, "[["+name+"]]", feature))
			}
		}
		j = last
	}
}

// members looks for data members that are named like swizzles. They get
// accessors of the names that swizzles are rewritten to, so that one spelling
// serves both. Single letters (r, g, b, a) are only noted.
func (w *walker) members(i int, s shape) {
	u := w.u
	accessors := ""
	for j := i; j < s.end; j++ {
		t, next := u.toks[j], u.toks[j+1]
		if !swizzleName(t.text) || !(next.is(";") || next.is(",") || next.is("[") || next.is("=") || next.is("{")) {
			continue
		}
		if len(t.text) == 1 {
			u.members[t.text] = true
			continue
		}
		for _, access := range []string{"_() const", "_()", "_ref_()"} {
			accessors += " decltype(auto) " + components.Replace(t.text) + access + " { return (" + t.text + "); }"
		}
	}
	if accessors != "" && u.toks[s.end].is(";") {
		u.edits[s.end] = edit{role: roleMembers, text: accessors}
	}
}

// function handles a function that is no kernel. Two that differ in address
// spaces alone are one where there are none: the first stays. They must do the
// same, or it would be wrong without a word.
func (w *walker) function(i int, s shape, namespace string) {
	u := w.u
	end := s.end
	if s.body >= 0 {
		end = s.body
	} else if s.initializer >= 0 {
		end = s.initializer
	}
	if colon := w.initializers(s, end); colon > 0 {
		end = colon
	}
	w.plain(i, s.end+1)
	w.overload(s, namespace)
	header := namespace + "\x00" + w.header(i, end, s.params)
	first, again := w.seen[header]
	if !again {
		w.seen[header] = span{i, end, s.end + 1}
		return
	}
	if !u.spaces(i, end) && !u.spaces(first.begin, first.body) {
		return // twice the same, which is the compiler's to say
	}
	u.spaced[i] = s.end
	if a, b := w.header(first.body, first.end, len(u.toks)), w.header(end, s.end+1, len(u.toks)); s.body >= 0 && a != b && strings.Contains(a, "{") {
		wrong := fault{u.errorAt(u.toks[s.params-1], "", "%s is there for several address spaces, and does not do the same in all: give each a name of its own", u.toks[s.params-1].text)}
		if d := u.declarationAt(first.begin); d != nil && d.refusal == nil {
			d.refusal = wrong.err
		}
		panic(wrong)
	}
}

// class handles a class: two specialisations that differ in address spaces alone
// are one, if nothing else differs.
func (w *walker) class(i int, s shape, namespace string) {
	u := w.u
	if !u.spaces(i, s.class) && len(s.templates) == 0 {
		return
	}
	all := namespace + "\x00" + w.header(i, s.end+1, len(u.toks))
	if _, again := w.seen[all]; again && u.spaces(i, s.class) {
		u.spaced[i] = s.end
	}
	w.seen[all] = span{i, s.class, s.end + 1}
}

// spaces reports whether tokens [i,end) name an address space.
func (u *Unit) spaces(i, end int) bool {
	for ; i < end; i++ {
		if u.toks[i].kind == tokIdent && spaces[u.toks[i].text] {
			return true
		}
	}
	return false
}

// header spells a function's declaration as it will be written, less the
// names of its parameters.
func (w *walker) header(i, end, params int) string {
	u := w.u
	var out []token
	for j := i; j < end; j++ {
		e := u.edits[j]
		if e.role == roleErase || u.toks[j].kind == tokPragma {
			continue
		}
		t := token{kind: u.toks[j].kind, text: u.toks[j].text, space: true}
		if e.role == roleText {
			t.text = e.text
		}
		if prev := len(out) - 1; j > params && prev >= 0 && (t.is(",") || t.is(")")) && out[prev].kind == tokIdent && prev > 0 &&
			(out[prev-1].kind == tokIdent || out[prev-1].is("*") || out[prev-1].is("&") || out[prev-1].is(">")) {
			out = out[:prev]
		}
		out = append(out, t)
	}
	return spell(out)
}

// initializers finds the ':' of a constructor's member initializers.
func (w *walker) initializers(s shape, end int) int {
	u := w.u
	if s.params < 0 {
		return -1
	}
	for j := u.match[s.params] + 1; j < end; j++ {
		if u.toks[j].is(":") {
			return j
		}
	}
	return -1
}

func (w *walker) erase(i, last int) {
	for j := i; j <= last; j++ {
		w.u.edits[j] = edit{role: roleErase}
	}
}

// attributes reads [[a, b(c)]] in [i,last] as name -> tokens of the argument.
func (w *walker) attributes(i, last int) map[string][]token {
	u := w.u
	out := map[string][]token{}
	for _, part := range u.split(i+2, last-1) {
		j := part[0]
		if j >= part[1] {
			continue
		}
		name := u.toks[j].text
		if j+2 < part[1] && u.toks[j+1].is("::") { // metal::name
			j += 2
			name = u.toks[j].text
		}
		arg := []token{}
		if j+1 < part[1] && u.toks[j+1].is("(") {
			arg = u.toks[j+2 : u.match[j+1]]
		}
		out[name] = arg
	}
	return out
}
