package msl

import (
	"sort"
	"strings"
)

// Parse reads a Metal source. name stands in messages and line directives;
// defines are preprocessor macros. Every error is an *Error.
func Parse(name, text string, defines map[string]string) (unit *Unit, err error) {
	defer func() {
		if r := recover(); r != nil {
			f, ok := r.(fault)
			if !ok {
				panic(r)
			}
			unit, err = nil, f.err
		}
	}()
	if len(text) > maxSource {
		return nil, &Error{File: name, Line: 1, Col: 1, Msg: "source is larger than 8 MiB"}
	}
	u := &Unit{File: name, edits: map[int]edit{}, members: map[string]bool{}, spaced: map[int]int{}, shared: map[int]*sharedDecl{}, values: map[string]bool{}, asks: map[string]bool{}, before: map[int]string{}, after: map[int]string{}, assigns: map[int]bool{}, beside: map[int]span{}}
	u.toks = preprocess(name, text, defines)
	u.extendedVectors()
	u.files()
	u.pragmas()
	u.brackets()
	u.templateValues()
	u.conditionals()
	w := &walker{u: u, seen: map[string]span{}, functions: map[string][]*function{}}
	w.scope(0, len(u.toks), "", false)
	u.refuse()
	u.shifts()
	u.casts()
	w.floats()
	w.instantiate()
	u.swizzles()
	u.index()
	sort.SliceStable(u.Kernels, func(i, j int) bool { return u.Kernels[i].place < u.Kernels[j].place })
	return u, u.names()
}

// names refuses two kernels of one host name and makes entry symbols.
func (u *Unit) names() error {
	byName, bySymbol := map[string]int{}, map[string]bool{}
	for i := range u.Kernels {
		k := &u.Kernels[i]
		if j, dup := byName[k.Name]; dup {
			return &Error{File: k.File, Line: k.Line, Col: 1, Msg: "kernel " + k.Name + " is also defined in line " + itoa(u.Kernels[j].Line)}
		}
		byName[k.Name] = i
		symbol := "assay_" + strings.Map(func(r rune) rune {
			if r < 0x80 && isIdent(byte(r)) {
				return r
			}
			return '_'
		}, k.Name)
		for bySymbol[symbol] {
			symbol += "_"
		}
		bySymbol[symbol] = true
		k.Symbol = symbol
	}
	return nil
}

// files lists the names that #line directives gave to parts of the text.
func (u *Unit) files() {
	seen := map[string]bool{u.File: true}
	u.Files = []string{u.File}
	for _, t := range u.toks {
		if !seen[t.file] {
			seen[t.file] = true
			u.Files = append(u.Files, t.file)
		}
	}
}

// pragmas reads the pragmas that matter to the whole unit.
func (u *Unit) pragmas() {
	for _, t := range u.toks {
		if t.kind == tokPragma {
			words := strings.Join(strings.FieldsFunc(strings.ToLower(t.text), func(r rune) bool { return r == ' ' || r == '(' || r == ')' }), " ")
			if strings.HasSuffix(words, "fp contract off") {
				u.NoContract = true
			}
		}
	}
}

// brackets pairs every bracket and refuses unbalanced ones.
func (u *Unit) brackets() {
	u.match = make([]int, len(u.toks))
	closes := map[string]string{"(": ")", "[": "]", "{": "}"}
	var open []int
	for i, t := range u.toks {
		u.match[i] = -1
		if t.kind != tokPunct {
			continue
		}
		switch t.text {
		case "(", "[", "{":
			open = append(open, i)
			if len(open) > maxNesting {
				panic(fault{u.errorAt(t, "", "brackets are nested more than %d deep", maxNesting)})
			}
		case ")", "]", "}":
			if len(open) == 0 {
				panic(fault{u.errorAt(t, "", "unexpected %q", t.text)})
			}
			o := open[len(open)-1]
			if want := closes[u.toks[o].text]; want != t.text {
				panic(fault{u.errorAt(t, "", "unexpected %q: %q of line %d is not closed", t.text, u.toks[o].text, u.toks[o].line)})
			}
			open = open[:len(open)-1]
			u.match[o], u.match[i] = i, o
		}
	}
	if len(open) > 0 {
		t := u.toks[open[len(open)-1]]
		panic(fault{u.errorAt(t, "", "%q is not closed", t.text)})
	}
}

// attribute reports whether an attribute [[...]] begins at i, and its last token.
func (u *Unit) attribute(i int) (last int, ok bool) {
	if i+1 < len(u.toks) && u.toks[i].is("[") && u.toks[i+1].is("[") && u.match[i] == u.match[i+1]+1 {
		return u.match[i], true
	}
	return 0, false
}

// angles skips a template argument list that opens at i; end is behind its '>'.
func (u *Unit) angles(i, limit int) (end int, ok bool) {
	depth := 0
	for j := i; j < min(limit, i+maxLookahead); j++ {
		t := u.toks[j]
		switch {
		case t.is("<"):
			if j == i || u.opens(j) {
				depth++
			}
		case t.is(">"):
			if depth--; depth == 0 {
				return j + 1, true
			}
		case t.is("(") || t.is("["):
			j = u.match[j]
		case t.is("{") || t.is(";") || t.is("}") || t.is(")"):
			return 0, false
		}
	}
	return 0, false
}

// opens reports whether the `<` at i can open a template argument list: behind a
// value, a number or a bracket it compares.
func (u *Unit) opens(i int) bool {
	before := u.toks[i-1]
	return before.kind == tokIdent && !u.values[before.text]
}

// templateValues notes the names of template parameters that are numbers.
func (u *Unit) templateValues() {
	for i := 0; i+2 < len(u.toks); i++ {
		if !u.toks[i].is("template") || !u.toks[i+1].is("<") {
			continue
		}
		depth := 0
	head:
		for j := i + 1; j+1 < min(len(u.toks), i+maxLookahead); j++ {
			switch t := u.toks[j]; {
			case t.is("<"):
				depth++
			case t.is(">"):
				if depth--; depth == 0 {
					break head
				}
			case t.is(";") || t.is("{"):
				break head
			case u.match[j] > j:
				j = u.match[j]
			}
			first, n := u.toks[j], j+1
			for n+1 < len(u.toks) && (u.toks[n].is("const") || builtinScalar[u.toks[n].text]) {
				n++
			}
			if depth == 1 && n > j+1 && (first.is("<") || first.is(",")) && u.toks[n].kind == tokIdent {
				u.values[u.toks[n].text] = true
			}
		}
	}
	for i := 2; i < len(u.toks); i++ { // a template of that name elsewhere
		if t := u.toks[i]; t.kind == tokIdent && u.values[t.text] && u.toks[i-2].is(">") && (u.toks[i-1].is("struct") || u.toks[i-1].is("class") || u.toks[i-1].is("using")) {
			delete(u.values, t.text)
		}
	}
}

// text spells tokens [i,j) with address spaces and attributes left out.
func (u *Unit) text(i, j int) string {
	var out []token
	for k := i; k < j; k++ {
		if last, ok := u.attribute(k); ok {
			k = last
			continue
		}
		t := u.toks[k]
		if t.kind == tokPragma || spaces[t.text] && t.kind == tokIdent {
			continue
		}
		out = append(out, t)
	}
	return strings.TrimSpace(spell(out))
}

var spaces = map[string]bool{"device": true, "constant": true, "threadgroup": true, "thread": true}

// split cuts [i,j) at commas outside brackets and template lists.
func (u *Unit) split(i, j int) [][2]int {
	var out [][2]int
	begin := i
	for k := i; k < j; k++ {
		switch t := u.toks[k]; {
		case u.match[k] > k:
			k = u.match[k]
		case t.is("<") && k > i && u.toks[k-1].kind == tokIdent:
			if end, ok := u.angles(k, j); ok {
				k = end - 1
			}
		case t.is(","):
			out = append(out, [2]int{begin, k})
			begin = k + 1
		}
	}
	if begin < j || len(out) > 0 {
		out = append(out, [2]int{begin, j})
	}
	return out
}
