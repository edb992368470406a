package msl

import (
	"strconv"
	"strings"
)

// evaluator computes the integer expression of an #if.
type evaluator struct {
	p     *preprocessor
	at    token
	in    []token
	pos   int
	depth int
}

func (p *preprocessor) evaluate(at token, in []token) int64 {
	var plain []token
	for i := 0; i < len(in); i++ {
		if !in[i].is("defined") && !in[i].is("__has_include") && !in[i].is("__has_feature") && !in[i].is("__has_builtin") && !in[i].is("__has_attribute") {
			plain = append(plain, in[i])
			continue
		}
		isDefined, paren := in[i].is("defined"), i+1 < len(in) && in[i+1].is("(")
		if paren {
			i++
		}
		value := "0"
		if i+1 < len(in) && isDefined {
			if _, ok := p.macros[in[i+1].text]; ok {
				value = "1"
			}
			i++
		}
		if paren {
			for i++; i < len(in) && !in[i].is(")"); i++ {
			}
		}
		plain = append(plain, token{kind: tokNumber, text: value, file: at.file, line: at.line, col: at.col})
	}
	e := &evaluator{p: p, at: at, in: p.expand(plain)}
	v := e.ternary()
	if e.pos < len(e.in) {
		p.fail(e.in[e.pos], "%s expression goes wrong at %q", directive(at), e.in[e.pos].text)
	}
	return v
}

func (e *evaluator) accept(text string) bool {
	if e.pos < len(e.in) && e.in[e.pos].is(text) {
		e.pos++
		return true
	}
	return false
}

func (e *evaluator) ternary() int64 {
	if e.depth++; e.depth > maxNesting {
		e.p.fail(e.at, "%s expression is nested too deep", directive(e.at))
	}
	defer func() { e.depth-- }()
	c := e.binary(0)
	if !e.accept("?") {
		return c
	}
	a := e.ternary()
	if !e.accept(":") {
		e.p.fail(e.at, "%s expression has ? without :", directive(e.at))
	}
	b := e.ternary()
	if c != 0 {
		return a
	}
	return b
}

var levels = [][]string{{"||"}, {"&&"}, {"|"}, {"^"}, {"&"}, {"==", "!="}, {"<=", ">=", "<", ">"}, {"<<", ">>"}, {"+", "-"}, {"*", "/", "%"}}

func (e *evaluator) binary(level int) int64 {
	if level == len(levels) {
		return e.unary()
	}
	v := e.binary(level + 1)
next:
	for {
		for _, op := range levels[level] {
			if op == ">>" {
				if e.pos+1 < len(e.in) && e.in[e.pos].is(">") && e.in[e.pos+1].is(">") && !e.in[e.pos+1].space {
					e.pos += 2
					v = e.apply(op, v, e.binary(level+1))
					continue next
				}
				continue
			}
			if op == ">" && e.pos+1 < len(e.in) && e.in[e.pos+1].is(">") && !e.in[e.pos+1].space {
				continue
			}
			if e.accept(op) {
				v = e.apply(op, v, e.binary(level+1))
				continue next
			}
		}
		return v
	}
}

func (e *evaluator) apply(op string, a, b int64) int64 {
	truth := func(c bool) int64 {
		if c {
			return 1
		}
		return 0
	}
	switch op {
	case "||":
		return truth(a != 0 || b != 0)
	case "&&":
		return truth(a != 0 && b != 0)
	case "|":
		return a | b
	case "^":
		return a ^ b
	case "&":
		return a & b
	case "==":
		return truth(a == b)
	case "!=":
		return truth(a != b)
	case "<":
		return truth(a < b)
	case ">":
		return truth(a > b)
	case "<=":
		return truth(a <= b)
	case ">=":
		return truth(a >= b)
	case "<<":
		return a << (uint64(b) & 63)
	case ">>":
		return a >> (uint64(b) & 63)
	case "+":
		return a + b
	case "-":
		return a - b
	case "*":
		return a * b
	}
	if b == 0 {
		return 0 // in a branch that is not taken this is legal
	}
	if op == "/" {
		return a / b
	}
	return a % b
}

func (e *evaluator) unary() int64 {
	if e.depth++; e.depth > maxNesting {
		e.p.fail(e.at, "%s expression is nested too deep", directive(e.at))
	}
	defer func() { e.depth-- }()
	switch {
	case e.accept("!"):
		if e.unary() == 0 {
			return 1
		}
		return 0
	case e.accept("-"):
		return -e.unary()
	case e.accept("+"):
		return e.unary()
	case e.accept("~"):
		return ^e.unary()
	case e.accept("("):
		v := e.ternary()
		if !e.accept(")") {
			e.p.fail(e.at, "%s expression lacks a )", directive(e.at))
		}
		return v
	}
	if e.pos >= len(e.in) {
		e.p.fail(e.at, "%s expression ends too early", directive(e.at))
	}
	t := e.in[e.pos]
	e.pos++
	switch t.kind {
	case tokNumber:
		if v, ok := integer(t.text); ok {
			return v
		}
	case tokChar:
		if s := unquote(t.text); len(s) == 1 {
			return int64(s[0])
		}
	case tokIdent:
		if t.text == "true" {
			return 1
		}
		if t.text == "__has_include" {
			return 0
		}
		if e.pos < len(e.in) && e.in[e.pos].is("(") {
			e.p.fail(t, "%s calls %s, which is not a macro", directive(e.at), t.text)
		}
		return 0
	}
	e.p.fail(t, "%s expression goes wrong at %q", directive(e.at), t.text)
	return 0
}

// integer reads an integer literal with any suffix.
func integer(text string) (int64, bool) {
	s := strings.TrimRight(strings.ReplaceAll(text, "'", ""), "uUlL")
	v, err := strconv.ParseUint(s, 0, 64)
	return int64(v), err == nil
}

func itoa(n int) string { return strconv.Itoa(n) }

func quote(s string) string {
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"`
}

func unquote(s string) string {
	if len(s) < 2 {
		return s
	}
	return strings.NewReplacer(`\\`, `\`, `\"`, `"`).Replace(s[1 : len(s)-1])
}

// directive names what an expression belongs to: #if, #elif or an attribute.
func directive(at token) string {
	if at.text == "attribute" {
		return at.text
	}
	return "#" + at.text
}
