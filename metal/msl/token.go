package msl

import (
	"fmt"
	"strings"
)

type tokenKind uint8

const (
	tokEnd    tokenKind = iota
	tokIdent            // identifiers and keywords
	tokNumber           // preprocessing numbers
	tokString           // string literals, quotes included
	tokChar             // character literals, quotes included
	tokPunct            // operators and punctuation
	tokPragma           // a whole #pragma line; text is what follows "#pragma"
)

// token is one preprocessing token. Its position is where the reader of the
// source should look: a token that a macro produced carries the place where
// the macro was used.
type token struct {
	kind  tokenKind
	text  string
	file  string
	line  int
	col   int
	bol   bool     // first token of its line
	space bool     // white space before it
	hide  *hideSet // macros that may not expand this token again
}

func (t token) is(text string) bool {
	return t.text == text && t.kind != tokString && t.kind != tokChar
}

func (t token) at() place { return place{t.line, t.col} }

type place struct{ line, col int }

// Error is a fault in a Metal source, at a place a user can go to.
type Error struct {
	File      string
	Line, Col int
	Msg       string
	Construct string // the unsupported construct, empty for other faults
}

func (e *Error) Error() string {
	return fmt.Sprintf("%s:%d:%d: %s", e.File, e.Line, e.Col, e.Msg)
}

// fault stops the reader from any depth; Parse recovers it.
type fault struct{ err *Error }

type lexer struct {
	file string
	src  string
	pos  int
	line int
	col  int
}

func (l *lexer) fail(at place, format string, args ...any) {
	panic(fault{&Error{File: l.file, Line: at.line, Col: at.col, Msg: fmt.Sprintf(format, args...)}})
}

// splice skips line splices (backslash newline) at the read position.
func (l *lexer) splice() {
	for l.pos < len(l.src) && l.src[l.pos] == '\\' {
		n := 2
		if strings.HasPrefix(l.src[l.pos+1:], "\r\n") {
			n = 3
		} else if !strings.HasPrefix(l.src[l.pos+1:], "\n") {
			return
		}
		l.pos += n
		l.line++
		l.col = 1
	}
}

// peek is the next byte behind splices, 0 at the end.
func (l *lexer) peek() byte {
	l.splice()
	if l.pos >= len(l.src) {
		return 0
	}
	return l.src[l.pos]
}

func (l *lexer) next() byte {
	c := l.peek()
	if l.pos >= len(l.src) {
		return 0
	}
	l.pos++
	if c == '\n' {
		l.line++
		l.col = 1
	} else {
		l.col++
	}
	return c
}

func (l *lexer) ahead(s string) bool { return strings.HasPrefix(l.src[l.pos:], s) }

// lex splits a source into tokens, comments dropped.
func lex(file, src string) []token {
	l := &lexer{file: file, src: src, line: 1, col: 1}
	if strings.HasPrefix(src, "\ufeff") {
		l.pos = 3
	}
	var out []token
	bol, space := true, false
	first := 0 // of the tokens of this line
	for {
		c := l.peek()
		if l.pos >= len(l.src) {
			return out
		}
		switch {
		case c == '\n':
			l.next()
			l.renumber(out[first:])
			first = len(out)
			bol, space = true, false
			continue
		case c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f':
			l.next()
			space = true
			continue
		case l.ahead("//"):
			for l.peek() != '\n' && l.pos < len(l.src) {
				l.next()
			}
			continue
		case l.ahead("/*"):
			l.comment()
			space = true
			continue
		}
		t := token{file: l.file, line: l.line, col: l.col, bol: bol, space: space}
		t.kind, t.text = l.token(c, t.at())
		out = append(out, t)
		bol, space = false, false
	}
}

// renumber obeys a line that reads `#line N "file"`.
func (l *lexer) renumber(d []token) {
	if len(d) < 3 || len(d) > 4 || !d[0].is("#") || !d[1].is("line") || d[2].kind != tokNumber {
		return
	}
	if line, ok := integer(d[2].text); ok && line > 0 && line < 1<<30 {
		l.line = int(line)
	}
	if len(d) == 4 && d[3].kind == tokString {
		l.file = unquote(d[3].text)
	}
}

func (l *lexer) comment() {
	at := place{l.line, l.col}
	l.next()
	l.next()
	for !l.ahead("*/") {
		if l.pos >= len(l.src) {
			l.fail(at, "comment is not closed: add */")
		}
		l.next()
	}
	l.next()
	l.next()
}

func (l *lexer) token(c byte, at place) (tokenKind, string) {
	var b strings.Builder
	switch {
	case isIdentStart(c):
		for isIdent(l.peek()) {
			b.WriteByte(l.next())
		}
		return tokIdent, b.String()
	case isDigit(c) || c == '.' && l.pos+1 < len(l.src) && isDigit(l.src[l.pos+1]):
		return tokNumber, l.number()
	case c == '"' || c == '\'':
		return l.quoted(c, at)
	}
	for _, p := range puncts {
		if l.ahead(p) {
			for range len(p) {
				l.next()
			}
			return tokPunct, p
		}
	}
	if c < 0x20 || c >= 0x7f {
		l.fail(at, "byte 0x%02x has no meaning in Metal source", c)
	}
	l.next()
	return tokPunct, string(rune(c))
}

func (l *lexer) number() string {
	var b strings.Builder
	for {
		c := l.peek()
		last := byte(0)
		if b.Len() > 0 {
			last = b.String()[b.Len()-1]
		}
		hex := strings.HasPrefix(b.String(), "0x") || strings.HasPrefix(b.String(), "0X")
		exponent := !hex && (last == 'e' || last == 'E') || last == 'p' || last == 'P'
		if isIdent(c) || c == '.' || (c == '+' || c == '-') && exponent || c == '\'' && l.pos+1 < len(l.src) && isIdent(l.src[l.pos+1]) {
			b.WriteByte(l.next())
			continue
		}
		return b.String()
	}
}

func (l *lexer) quoted(quote byte, at place) (tokenKind, string) {
	var b strings.Builder
	b.WriteByte(l.next())
	for {
		c := l.peek()
		if c == '\n' || l.pos >= len(l.src) {
			l.fail(at, "literal is not closed: add %c", quote)
		}
		b.WriteByte(l.next())
		if c == '\\' && l.pos < len(l.src) {
			b.WriteByte(l.next())
		} else if c == quote {
			break
		}
	}
	if quote == '"' {
		return tokString, b.String()
	}
	return tokChar, b.String()
}

// puncts lists multi-byte operators, longest first. ">>" stays two tokens so
// that template argument lists close; it is written back without a space.
var puncts = []string{
	"<<=", ">>=", "...", "->*", "::", "->", "++", "--", "<<", "<=", ">=", "==", "!=", "&&", "||",
	"+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "##", ".*",
}

func isDigit(c byte) bool      { return c >= '0' && c <= '9' }
func isIdentStart(c byte) bool { return c == '_' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }
func isIdent(c byte) bool      { return isIdentStart(c) || isDigit(c) }
