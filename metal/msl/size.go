package msl

import "strings"

// numbers32 are types of four bytes.
var numbers32 = map[string]bool{"uint": true, "int": true, "float": true, "uint32_t": true, "int32_t": true}

// Size is the bytes of an argument's type, if that is a 32-bit number or a
// structure of nothing else; 0 of all others, whose size a compiler knows.
func (u *Unit) Size(typ string) int {
	typ = strings.TrimPrefix(typ, "const ")
	if numbers32[typ] {
		return 4
	}
	size := 0
	for i := 0; i+2 < len(u.toks); i++ {
		if !u.toks[i].is("struct") || !u.toks[i+1].is(typ) || !u.toks[i+2].is("{") {
			continue
		}
		if size != 0 || i > 0 && u.toks[i-1].is(">") {
			return 0 // one of several, or a template
		}
		if size = u.members32(i+3, u.match[i+2]); size == 0 {
			return 0
		}
	}
	return size
}

// members32 is the size of members that are all 32-bit numbers, each without more
// than a name.
func (u *Unit) members32(i, end int) (size int) {
	for i < end {
		if !numbers32[u.toks[i].text] {
			return 0
		}
		for {
			if i+2 > end || u.toks[i+1].kind != tokIdent {
				return 0
			}
			size += 4
			i += 2
			if u.toks[i].is(";") {
				break
			}
			if !u.toks[i].is(",") {
				return 0
			}
		}
		i++
	}
	return size
}
