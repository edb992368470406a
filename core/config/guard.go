package config

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
)

const (
	maxNesting  = 200 // brackets within brackets
	maxExponent = 400 // of a number; more than any float64 has
)

// guard refuses sources that would exhaust the stack (deep nesting) or the
// memory (1e999999999 written out) of whoever parses or prints them.
func guard(in input) *hcl.Diagnostic {
	fault := func(r hcl.Range, summary, detail string) *hcl.Diagnostic {
		return &hcl.Diagnostic{Severity: hcl.DiagError, Summary: summary, Detail: detail, Subject: &r}
	}
	if in.json() {
		return guardJSON(in, fault)
	}
	tokens, _ := hclsyntax.LexConfig(in.src, in.name, hcl.InitialPos)
	depth, prefix := 0, 0
	for _, t := range tokens {
		switch t.Type {
		case hclsyntax.TokenOBrace, hclsyntax.TokenOBrack, hclsyntax.TokenOParen, hclsyntax.TokenTemplateInterp,
			hclsyntax.TokenTemplateControl, hclsyntax.TokenOQuote, hclsyntax.TokenOHeredoc:
			depth++
		case hclsyntax.TokenCBrace, hclsyntax.TokenCBrack, hclsyntax.TokenCParen, hclsyntax.TokenTemplateSeqEnd,
			hclsyntax.TokenCQuote, hclsyntax.TokenCHeredoc:
			depth--
		case hclsyntax.TokenNumberLit:
			if badExponent(string(t.Bytes)) {
				return fault(t.Range, "Number out of range", fmt.Sprintf("The exponent of %s is above %d.", t.Bytes, maxExponent))
			}
		}
		if t.Type == hclsyntax.TokenBang || t.Type == hclsyntax.TokenMinus || t.Type == hclsyntax.TokenQuestion {
			prefix++
		} else if t.Type == hclsyntax.TokenNewline {
			prefix = 0
		}
		if depth > maxNesting || prefix > 10*maxNesting {
			return fault(t.Range, "Nesting too deep", fmt.Sprintf("Brackets are nested more than %d deep here.", maxNesting))
		}
	}
	return nil
}

func guardJSON(in input, fault func(hcl.Range, string, string) *hcl.Diagnostic) *hcl.Diagnostic {
	depth, line := 0, 1
	at := func(i int) hcl.Range {
		p := hcl.Pos{Line: line, Column: 1, Byte: i}
		return hcl.Range{Filename: in.name, Start: p, End: p}
	}
	for i := 0; i < len(in.src); i++ {
		switch c := in.src[i]; {
		case c == '\n':
			line++
		case c == '{' || c == '[':
			// Strings count too: an expression in a string is parsed as well.
			if depth++; depth > 2*maxNesting {
				return fault(at(i), "Nesting too deep", fmt.Sprintf("Brackets are nested more than %d deep here.", 2*maxNesting))
			}
		case c == '}' || c == ']':
			depth--
		case c == '(' || c == '!' || c == '-':
			j := i
			for j < len(in.src) && in.src[j] == c {
				j++
			}
			if j-i > maxNesting {
				return fault(at(i), "Nesting too deep", fmt.Sprintf("%q is repeated more than %d times here.", c, maxNesting))
			}
		case c == 'e' || c == 'E':
			j := i + 1
			for j < len(in.src) && strings.IndexByte("+-0123456789", in.src[j]) >= 0 {
				j++
			}
			if i > 0 && (in.src[i-1] == '.' || in.src[i-1] >= '0' && in.src[i-1] <= '9') && badExponent("1"+string(in.src[i:j])) {
				return fault(at(i), "Number out of range", fmt.Sprintf("The exponent of a number here is above %d.", maxExponent))
			}
		}
	}
	return nil
}

func badExponent(number string) bool {
	i := strings.IndexAny(number, "eE")
	if i < 0 {
		return false
	}
	digits := strings.TrimLeft(number[i+1:], "+-")
	n, err := strconv.Atoi(digits)
	return digits != "" && (err != nil || n > maxExponent)
}
