package msl

import (
	"fmt"
	"strings"
)

// Bounds on what a source may make of itself.
const (
	maxSource    = 8 << 20 // bytes of text
	maxTokens    = 1 << 21 // tokens after macro expansion
	maxNesting   = 200     // #if, brackets, #if expressions
	maxMacroArgs = 256
	maxKernels   = 1 << 16
	maxLookahead = 1024    // tokens of one type or template argument list
	maxWork      = 1 << 27 // comparisons of macro names during expansion
)

// hideSet is the persistent list of macros whose expansion produced a token.
type hideSet struct {
	name string
	rest *hideSet
	size int
}

func (h *hideSet) len() int {
	if h == nil {
		return 0
	}
	return h.size
}

func (h *hideSet) add(name string) *hideSet { return &hideSet{name, h, h.len() + 1} }

func (h *hideSet) has(name string) bool {
	for ; h != nil; h = h.rest {
		if h.name == name {
			return true
		}
	}
	return false
}

func (h *hideSet) with(o *hideSet) *hideSet {
	if h == nil {
		return o
	}
	for ; o != nil; o = o.rest {
		if !h.has(o.name) {
			h = h.add(o.name)
		}
	}
	return h
}

func (h *hideSet) intersect(o *hideSet) *hideSet {
	var out *hideSet
	for ; h != nil; h = h.rest {
		if o.has(h.name) {
			out = out.add(h.name)
		}
	}
	return out
}

type macro struct {
	function bool
	variadic bool
	params   []string
	body     []token
}

type preprocessor struct {
	file   string
	macros map[string]*macro
	budget int // tokens still allowed
	work   int // comparisons still allowed
	out    []token
}

func (p *preprocessor) fail(t token, format string, args ...any) {
	panic(fault{&Error{File: t.file, Line: t.line, Col: t.col, Msg: fmt.Sprintf(format, args...)}})
}

// preprocess runs directives and expands macros.
func preprocess(file, src string, defines map[string]string) []token {
	p := &preprocessor{file: file, macros: map[string]*macro{}, budget: maxTokens, work: maxWork}
	for name, body := range predefined {
		p.macros[name] = &macro{body: lex("<predefined>", body)}
	}
	p.macros["assert"] = &macro{function: true, variadic: true, params: []string{"__VA_ARGS__"}, body: lex("<predefined>", "((void)0)")}
	for name, body := range defines {
		p.macros[name] = &macro{body: lex("<define "+name+">", body)}
	}
	p.run(lex(file, src))
	return p.out
}

// condition is one #if on the stack.
type condition struct {
	open   token
	active bool // this branch is compiled
	taken  bool // a branch was taken
	outer  bool // the enclosing branch is compiled
	final  bool // #else was seen
}

func (p *preprocessor) run(in []token) {
	var conds []condition
	active := true
	var text []token // pending ordinary lines, expanded together so that a call may span lines
	flush := func() {
		p.out = append(p.out, p.expand(text)...)
		text = nil
	}
	for i := 0; i < len(in); {
		if !in[i].bol || !in[i].is("#") {
			if active {
				text = append(text, in[i])
			}
			i++
			continue
		}
		hash := in[i]
		end := i + 1
		for end < len(in) && !in[end].bol {
			end++
		}
		line := in[i+1 : end]
		i = end
		if len(line) == 0 {
			continue
		}
		name, rest := line[0], line[1:]
		switch name.text {
		case "if", "ifdef", "ifndef":
			if len(conds) == maxNesting {
				p.fail(hash, "#if is nested more than %d deep", maxNesting)
			}
			flush()
			c := condition{open: hash, outer: active}
			if active {
				c.active = p.test(name, rest)
			}
			c.taken = c.active
			conds = append(conds, c)
		case "elif", "else", "endif":
			if len(conds) == 0 {
				p.fail(hash, "#%s without #if", name.text)
			}
			flush()
			c := &conds[len(conds)-1]
			if name.text == "endif" {
				active = c.outer
				conds = conds[:len(conds)-1]
				continue
			}
			if c.final {
				p.fail(hash, "#%s after #else", name.text)
			}
			c.final = name.text == "else"
			c.active = c.outer && !c.taken && (c.final || p.test(name, rest))
			c.taken = c.taken || c.active
		default:
			if active {
				flush()
				p.directive(hash, name, rest)
			}
			continue
		}
		active = conds[len(conds)-1].active
	}
	if len(conds) > 0 {
		p.fail(conds[len(conds)-1].open, "#if is not closed: add #endif")
	}
	flush()
}

func (p *preprocessor) test(name token, rest []token) bool {
	if name.text == "ifdef" || name.text == "ifndef" {
		if len(rest) == 0 || rest[0].kind != tokIdent {
			p.fail(name, "#%s needs a macro name", name.text)
		}
		_, ok := p.macros[rest[0].text]
		return ok == (name.text == "ifdef")
	}
	return p.evaluate(name, rest) != 0
}

func (p *preprocessor) directive(hash, name token, rest []token) {
	switch name.text {
	case "define":
		p.define(name, rest)
	case "undef":
		if len(rest) > 0 {
			delete(p.macros, rest[0].text)
		}
	case "include", "import":
		p.include(hash, rest)
	case "pragma":
		if len(rest) > 1 && rest[0].is("unroll") { // its count is an expression
			rest = append(rest[:1:1], p.expand(rest[1:])...)
		}
		p.out = append(p.out, token{kind: tokPragma, text: spell(rest), file: hash.file, line: hash.line, col: hash.col, bol: true})
	case "error":
		message := spell(rest)
		if !strings.HasPrefix(message, "#include") { // metal.Source.Flat says what it did not find
			message = "#error " + message
		}
		p.fail(hash, "%s", message)
	case "warning", "line", "ident":
	default:
		p.fail(hash, "#%s is not a directive", name.text)
	}
}

// include drops Metal's own headers, whose content the prelude supplies.
func (p *preprocessor) include(hash token, rest []token) {
	name := strings.ReplaceAll(spell(rest), " ", "")
	if len(name) > 2 && (name[0] == '<' || name[0] == '"') && metalHeader(name[1:len(name)-1]) {
		return
	}
	advice := "it is none of Metal's headers and was not found; give the folder that has it"
	if name == "" || name[0] != '<' && name[0] != '"' {
		advice = "write the path itself, in quotes"
	}
	panic(fault{&Error{File: hash.file, Line: hash.line, Col: hash.col, Construct: "#include", Msg: fmt.Sprintf("#include %s: %s", name, advice)}})
}

// metalHeader reports whether a header is Metal's own: the prelude has what of it
// the subset has, and the rest is refused where it is used.
func metalHeader(name string) bool {
	folder, _, found := strings.Cut(name, "/")
	return found && (folder == "simd" || folder == "MetalPerformancePrimitives" || folder == "metal") ||
		!found && (strings.HasPrefix(name, "metal_") || name == "TargetConditionals.h")
}

func (p *preprocessor) define(at token, rest []token) {
	if len(rest) == 0 || rest[0].kind != tokIdent {
		p.fail(at, "#define needs a name")
	}
	name, rest := rest[0], rest[1:]
	m := &macro{}
	if len(rest) > 0 && rest[0].is("(") && !rest[0].space {
		m.function = true
		i := 1
		for ; i < len(rest) && !rest[i].is(")"); i++ {
			switch {
			case rest[i].is(","):
			case rest[i].is("..."):
				m.variadic = true
				if i > 0 && rest[i-1].kind == tokIdent {
					continue // GNU named variadic: args...
				}
				m.params = append(m.params, "__VA_ARGS__")
			case rest[i].kind == tokIdent:
				m.params = append(m.params, rest[i].text)
			default:
				p.fail(rest[i], "macro %s has a malformed parameter list", name.text)
			}
		}
		if i == len(rest) || len(m.params) > maxMacroArgs {
			p.fail(name, "macro %s has a malformed parameter list", name.text)
		}
		rest = rest[i+1:]
	}
	m.body = rest
	p.macros[name.text] = m
}

// spell writes tokens as text, with single spaces where the source had any.
func spell(ts []token) string {
	var b strings.Builder
	for i, t := range ts {
		if i > 0 && (t.space || t.bol || glues(ts[i-1], t)) {
			b.WriteByte(' ')
		}
		b.WriteString(t.text)
	}
	return b.String()
}

// glues reports whether two tokens written without a space would read as others.
func glues(a, b token) bool {
	word := func(t token) bool { return t.kind == tokIdent || t.kind == tokNumber }
	if word(a) && (word(b) || b.kind == tokString || b.kind == tokChar) {
		return true
	}
	if a.kind == tokNumber && (b.is(".") || b.is("+") || b.is("-")) || a.is(".") && b.kind == tokNumber {
		return true
	}
	return a.kind == tokPunct && b.kind == tokPunct && strings.Contains("+-<>=&|:*/%^!#.", a.text[len(a.text)-1:]) &&
		strings.Contains("+-<>=&|:*/.#", b.text[:1]) && !(a.text == ">" && b.text == ">")
}
