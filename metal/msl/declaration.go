package msl

import "slices"

// declaration is one declaration of a namespace. A class is one with all its members.
type declaration struct {
	begin, end    int // tokens
	names         []string
	function      bool            // an overload of its name may stand in for it
	operator      bool            // is named by no identifier: counts with a type that it has
	special       bool            // a class template's specialisation
	name          int             // its name's token
	global        bool            // in no namespace
	assertion     bool            // counts with all that it is about
	root          bool            // counts for every kernel, because nothing names it
	instantiation bool            // counts for its kernel, which names no declaration
	uses          map[string]bool // identifiers; false: what it declares itself may be meant
	signature     map[string]bool // those of an operator's types
	refusal       *Error          // the first construct that is outside the subset
}

// attempt runs part of the reader. What is wrong there counts where it is used.
func attempt(f func()) (refusal *Error) {
	defer func() {
		if r := recover(); r != nil {
			wrong, ok := r.(fault)
			if !ok {
				panic(r)
			}
			refusal = wrong.err
		}
	}()
	f()
	return nil
}

// declare notes a declaration with the names that it declares.
func (w *walker) declare(i int, s shape) *declaration {
	u := w.u
	d := &declaration{begin: i, end: s.end, instantiation: s.instantiation}
	switch {
	case s.instantiation:
	case u.toks[s.spec].is("using") && s.spec+1 < s.end && u.toks[s.spec+1].is("namespace"):
		d.root = true
	case u.toks[s.spec].is("static_assert"):
		d.assertion = true
	case s.operator >= 0:
		d.operator = true
		d.signature = u.identifiers(i, max(s.body, s.operator))
	case s.class >= 0 || s.enum >= 0:
		d.names = u.classNames(s)
		for j := s.word + 1; j < s.class && !d.special && !u.toks[j].is(":"); j++ { // to the bases
			if behind, ok := u.angles(j, s.class); u.toks[j].is("<") && ok {
				d.special, d.name, d.signature = true, j-1, u.identifiers(j+1, behind)
			}
		}
	default:
		d.names = u.declared(s)
		d.function = s.params >= 0 && s.initializer < 0
	}
	d.root = d.root || len(d.names) == 0 && !d.operator && !d.assertion && !d.instantiation
	u.decls = append(u.decls, d)
	return d
}

// classNames are the name of a class or enumeration, its enumerators, and what
// stands behind its body.
func (u *Unit) classNames(s shape) []string {
	var names []string
	open := max(s.class, s.enum)
	for j := s.word + 1; j < open; j++ {
		t := u.toks[j]
		if u.match[j] > j {
			j = u.match[j]
		} else if t.is(":") || t.is("<") {
			break
		} else if t.kind == tokIdent && !t.is("final") && !t.is("class") {
			names = append(names, t.text)
		}
	}
	if s.enum >= 0 {
		for j := open + 1; j < u.match[open]; j++ {
			if u.toks[j].kind == tokIdent && (u.toks[j-1].is(",") || j == open+1) {
				names = append(names, u.toks[j].text)
			}
		}
	}
	for j := u.match[open] + 1; j < s.end; j++ {
		if u.match[j] > j {
			j = u.match[j]
		} else if u.toks[j].kind == tokIdent {
			names = append(names, u.toks[j].text)
		}
	}
	return names
}

// declared are the names of a function, of variables or of types. A member
// defined outside its class goes by the name of the class too.
func (u *Unit) declared(s shape) []string {
	var names []string
	for j := s.spec; j <= s.end; j++ {
		if last, ok := u.attribute(j); ok {
			j = last
			continue
		}
		t := u.toks[j]
		switch {
		case t.kind == tokIdent && j < s.end && !notNames[t.text]:
			next := u.toks[j+1]
			if next.kind == tokPunct && (next.is("(") || next.is("[") || next.is("=") || next.is(",") || next.is(";") || next.is("{")) {
				names = append(names, t.text)
				if j > s.spec+1 && u.toks[j-1].is("::") {
					names = append(names, u.qualifier(s.spec, j-2)...)
				}
			}
		case t.is("<"):
			if behind, ok := u.angles(j, s.end); ok {
				j = behind - 1
			}
		case t.is("("):
			if j+1 < s.end && (u.toks[j+1].is("*") || u.toks[j+1].is("&")) { // void (*name)(...)
				if name := u.toks[u.match[j]-1]; name.kind == tokIdent {
					names = append(names, name.text)
				}
			}
			if j == s.params {
				return names
			}
			j = u.match[j]
		case t.is("="):
			if s.params >= 0 && j > s.params {
				return names
			}
			for j+1 < s.end && !u.toks[j+1].is(",") { // the initializer
				j++
				if u.match[j] > j {
					j = u.match[j]
				}
			}
		case u.match[j] > j:
			j = u.match[j]
		}
	}
	return names
}

// qualifier is the name in front of `::`, whose last token is at j.
func (u *Unit) qualifier(from, j int) []string {
	if u.toks[j].is(">") {
		for depth := 0; j > from; j-- {
			if u.toks[j].is(">") {
				depth++
			} else if u.toks[j].is("<") {
				if depth--; depth == 0 {
					j--
					break
				}
			}
		}
	}
	if j >= from && u.toks[j].kind == tokIdent {
		return []string{u.toks[j].text}
	}
	return nil
}

// notNames are words that stand before a bracket or a list without being declared.
var notNames = map[string]bool{
	"decltype": true, "alignas": true, "__attribute__": true, "__declspec": true, "noexcept": true, "sizeof": true, "const": true, "volatile": true,
	"return": true, "constexpr": true, "if": true, "while": true, "for": true, "switch": true,
}

// identifiers of tokens [i,end) that may name a declaration.
func (u *Unit) identifiers(i, end int) map[string]bool {
	out := map[string]bool{}
	for ; i < end; i++ {
		t := u.toks[i]
		if t.kind != tokIdent || u.memberName(i) {
			continue
		}
		if own := u.declares(i); own {
			if _, seen := out[t.text]; !seen {
				out[t.text] = false
			}
			if out[t.text] {
				continue
			}
			out[t.text] = false
		} else if _, seen := out[t.text]; !seen {
			out[t.text] = true
		}
	}
	return out
}

// declares reports whether the identifier is declared where it stands: `int n,`.
func (u *Unit) declares(i int) bool {
	if i == 0 || i+1 >= len(u.toks) || u.toks[i-1].kind != tokIdent || notType[u.toks[i-1].text] {
		return false
	}
	next := u.toks[i+1]
	return next.is(";") || next.is("=") || next.is(",") || next.is(")") || next.is("[") || next.is("{") || next.is(":") || next.is(">")
}

// notType are keywords that stand before a name without being its type.
var notType = map[string]bool{
	"return": true, "else": true, "case": true, "goto": true, "operator": true, "typename": false, "namespace": true, "using": true, "struct": true, "class": true,
	"enum": true, "union": true, "sizeof": true, "template": true, "throw": true, "do": true, "new": true, "delete": true,
}

// declarationAt is the declaration that holds a token, or nil.
func (u *Unit) declarationAt(i int) *declaration {
	n, found := slices.BinarySearchFunc(u.decls, i, func(d *declaration, i int) int { return d.begin - i })
	if !found {
		n--
	}
	if n < 0 || u.decls[n].end < i {
		return nil
	}
	return u.decls[n]
}
