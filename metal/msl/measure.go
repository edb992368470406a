package msl

// shape is what the first pass over a declaration finds out.
type shape struct {
	templates     []int // '<' of each template head
	instantiation bool  // template without <
	spec          int   // first token behind template heads
	end           int   // last token of the declaration: ';' or '}'
	params        int   // '(' of the first parameter list, -1 if none
	body          int   // '{' of a function body, -1 if none
	class         int   // '{' of a class body, -1 if none
	initializer   int   // '=' or '{' of an initializer, -1 if none
	kernel        int   // the word kernel, or its attribute; -1 if none
	operator      int   // the word operator of a function's name; -1 if none
	word          int   // struct, class, union or enum
	enum          int   // '{' of an enumeration, -1 if none
}

// measure finds the parts of the declaration at i.
func (w *walker) measure(i, end int) shape {
	u := w.u
	s := shape{spec: i, params: -1, body: -1, class: -1, initializer: -1, kernel: -1, operator: -1, enum: -1}
	j := i
	for j < end && u.toks[j].is("template") {
		if j+1 >= end || !u.toks[j+1].is("<") {
			s.instantiation = true
			j++
			break
		}
		s.templates = append(s.templates, j+1)
		behind, ok := u.angles(j+1, end)
		if !ok {
			panic(fault{u.errorAt(u.toks[j+1], "", "template parameter list is not closed: add >")})
		}
		j = behind
	}
	s.spec = j
	classWord, enumWord, constructor := false, false, false
	for ; j < end; j++ {
		t := u.toks[j]
		if last, ok := u.attribute(j); ok {
			if w.attributes(j, last)["kernel"] != nil && s.params < 0 {
				s.kernel = j
			}
			j = last
			continue
		}
		switch {
		case t.kind == tokIdent:
			switch t.text {
			case "struct", "class", "union", "enum":
				if !classWord && !enumWord {
					s.word = j
				}
				classWord = classWord || t.text != "enum"
				enumWord = enumWord || t.text == "enum"
			case "kernel":
				if s.params < 0 && s.initializer < 0 {
					s.kernel = j
				}
			case "operator":
				if s.params < 0 {
					s.operator = j
					j = w.operator(j, end)
				}
			}
		case t.is("("):
			word := ""
			if j > i {
				word = u.toks[j-1].text
			}
			if s.params < 0 && s.initializer < 0 && word != "decltype" && word != "alignas" && word != "__attribute__" && word != "__declspec" && word != "noexcept" {
				s.params = j
			}
			j = u.match[j]
		case t.is("["):
			j = u.match[j]
		case t.is("=") && s.initializer < 0:
			s.initializer = j
		case t.is(":") && s.params >= 0 && s.initializer < 0:
			constructor = true
		case t.is("{"):
			close := u.match[j]
			switch {
			case enumWord && s.initializer < 0 && s.params < 0 && s.enum < 0:
				s.enum = j
				j = close
			case s.initializer >= 0:
				j = close
			case s.params >= 0:
				if prev := u.toks[j-1]; constructor && (prev.kind == tokIdent || prev.is(">")) {
					j = close
					continue
				}
				s.body, s.end = j, close
				return s
			case classWord && s.class < 0:
				s.class = j
				j = close
			default:
				s.initializer = j
				j = close
			}
		case t.is(";"):
			s.end = j
			return s
		}
	}
	panic(fault{u.errorAt(u.toks[i], "", "declaration is not finished: add ; or a body")})
}

// operator skips the name of an operator function: operator(), operator<, operator T.
func (w *walker) operator(j, end int) int {
	u := w.u
	if j+2 < end && u.toks[j+1].is("(") && u.toks[j+2].is(")") {
		return j + 2
	}
	if j+2 < end && u.toks[j+1].is("[") && u.toks[j+2].is("]") {
		return j + 2
	}
	for j+1 < end && !u.toks[j+1].is("(") && !u.toks[j+1].is(";") && !u.toks[j+1].is("{") {
		j++
	}
	return j
}
