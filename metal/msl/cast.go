package msl

import (
	"slices"
	"strings"
)

// casts marks what casts to integers convert: (T)x, T(x) and static_cast<T>(x), where
// T may be an integer's type. What a float becomes that the integer does not hold is
// defined in Metal (prelude/saturate.h).
func (u *Unit) casts() {
	types := u.typeParameters()
	cast := map[int]bool{} // brackets that end the type of a cast
	var found []conversion
	convert := func(typ string, first, last int) { found = append(found, conversion{typ, first, last}) }
	for i := 1; i+2 < len(u.toks); i++ {
		t := u.toks[i]
		switch {
		case t.is("static_cast") && u.toks[i+1].is("<"):
			behind, ok := u.angles(i+1, len(u.toks))
			if typ := u.integer(i+2, behind-1, nil); ok && typ != "" && behind < len(u.toks) && u.toks[behind].is("(") {
				convert(typ, behind+1, u.match[behind]-1)
			}
		case t.is("(") && u.match[i] > i && u.match[i]+1 < len(u.toks) && (cast[i-1] || !u.callee(i-1)):
			close := u.match[i]
			typ := u.integer(i+1, close, integers)
			if behind := u.toks[close+1]; types[u.toks[i+1].text] && close == i+2 && (behind.kind == tokIdent || behind.is("(")) {
				typ = u.toks[i+1].text
			}
			if typ != "" {
				cast[close] = true
				convert(typ, close+1, toOperand)
			}
		case t.kind == tokIdent && u.toks[i+1].is("(") && (integers[t.text] || types[t.text]) && u.constructs(i):
			convert(t.text, i+2, u.match[i+1]-1)
		}
	}
	u.convert(found)
}

// conversion is of tokens [first,last] to a value of a type.
type conversion struct {
	typ         string
	first, last int
}

// toOperand is the last token of a conversion that ends with its operand.
const toOperand = -1

// integers are the names of types that floats are saturated to.
var integers = map[string]bool{
	"char": true, "uchar": true, "short": true, "ushort": true, "int": true, "uint": true, "long": true, "ulong": true, "unsigned": true, "signed": true, "size_t": true,
	"int8_t": true, "uint8_t": true, "int16_t": true, "uint16_t": true, "int32_t": true, "uint32_t": true, "int64_t": true, "uint64_t": true, "ptrdiff_t": true,
}

// integer spells tokens [i,j) if they are names that may be an integer's type: known
// ones, or any that no other type has where known is nil.
func (u *Unit) integer(i, j int, known map[string]bool) string {
	var words []string
	for ; i < j; i++ {
		t := u.toks[i]
		if t.kind != tokIdent || known != nil && !known[t.text] || known == nil && (noInteger[t.text] || spaces[t.text] || vectorName.MatchString(t.text)) {
			return ""
		}
		words = append(words, t.text)
	}
	return strings.Join(words, " ")
}

// noInteger are words of types, of which none is an integer.
var noInteger = map[string]bool{"float": true, "half": true, "bfloat": true, "bool": true, "void": true, "auto": true, "typename": true, "const": true, "volatile": true}

// typeParameters are the names of template parameters that are types.
func (u *Unit) typeParameters() map[string]bool {
	types := map[string]bool{}
	for i := 1; i+2 < len(u.toks); i++ {
		if (u.toks[i].is("typename") || u.toks[i].is("class")) && (u.toks[i-1].is("<") || u.toks[i-1].is(",")) && u.toks[i+1].kind == tokIdent {
			types[u.toks[i+1].text] = true
		}
	}
	for _, d := range u.decls {
		for _, name := range d.names {
			if d.function {
				delete(types, name)
			}
		}
	}
	return types
}

// callee reports whether brackets behind the token hold arguments or a condition,
// and no type.
func (u *Unit) callee(i int) bool {
	t := u.toks[i]
	return t.kind == tokIdent && !t.is("return") && !t.is("case") && !t.is("else") || t.is(")") || t.is("]") || t.is(">")
}

// constructs reports whether the type at i makes a value of one operand.
func (u *Unit) constructs(i int) bool {
	before, close := u.toks[i-1], u.match[i+1]
	if u.callee(i-1) && !before.is(")") && !before.is(">") || before.is("<") || before.is(".") || before.is("->") || before.is("::") {
		return false
	}
	if close+1 >= len(u.toks) || u.toks[close+1].is("(") || len(u.split(i+2, close)) != 1 {
		return false
	}
	statement := before.is(";") || before.is("{") || before.is("}")
	return !statement || !u.toks[close+1].is(";") && !u.toks[close+1].is("=")
}

// convert marks conversions. Literals stay.
func (u *Unit) convert(all []conversion) {
	ends := map[int]int{}
	for _, c := range slices.Backward(all) { // a cast of a cast ends where the second one does
		if c.last == toOperand {
			ends[c.first] = u.unary(c.first, ends)
		}
	}
	closed := map[int]int{}
	for _, c := range all {
		if c.last == toOperand {
			c.last = ends[c.first]
		}
		if c.last < c.first || c.first == c.last && u.toks[c.first].kind != tokIdent || u.toks[c.last].is("...") {
			continue
		}
		u.before[c.first] = "ASSAY_TO_(" + c.typ + ")(" + u.before[c.first]
		closed[c.last]++
	}
	for last, n := range closed {
		u.after[last] += strings.Repeat(")", n)
	}
}

// unary is the last token of the operand of a cast that begins at i, or before i.
// ends has those that are known.
func (u *Unit) unary(i int, ends map[int]int) int {
	if end, ok := ends[i]; ok {
		return end
	}
	begin := i
	for i < len(u.toks) && (u.toks[i].is("-") || u.toks[i].is("+") || u.toks[i].is("~") || u.toks[i].is("!") || u.toks[i].is("*") || u.toks[i].is("&") || u.toks[i].is("++") || u.toks[i].is("--")) {
		i++
	}
	if i+1 >= len(u.toks) {
		return begin - 1
	}
	switch t := u.toks[i]; {
	case t.is("("):
		if u.integer(i+1, u.match[i], integers) != "" || u.integer(i+1, u.match[i], noInteger) != "" { // a cast of a cast
			return u.unary(u.match[i]+1, ends)
		}
		i = u.match[i]
	case t.is("sizeof") || t.is("{") || t.kind != tokIdent && t.kind != tokNumber && !t.is("::"):
		return begin - 1
	}
	for i+1 < len(u.toks) {
		switch next := u.toks[i+1]; {
		case next.is("(") || next.is("["):
			i = u.match[i+1]
		case next.is(".") || next.is("->") || next.is("::"):
			i += 2
		case next.is("++") || next.is("--"):
			i++
		case u.toks[i].is("::"):
			i++
		case next.is("<") && u.opens(i+1):
			behind, ok := u.angles(i+1, len(u.toks))
			if !ok || behind >= len(u.toks) || !u.toks[behind].is("(") && !u.toks[behind].is("::") {
				return i
			}
			i = behind - 1
		default:
			return i
		}
	}
	return i
}
