package msl

import (
	"fmt"
	"regexp"
	"strings"
)

// AddressSpaces renders the unit as C++ in which device, constant and
// threadgroup are clang's address spaces and vectors are extended vectors. It
// is for a compiler's checks only (package addrcheck): a pointer to one space
// that meets another is an error there, as it is for Apple's compiler.
func (u *Unit) AddressSpaces(o Options) (string, error) {
	_, r, err := u.choose(o)
	if err != nil {
		return "", err
	}
	body, err := u.render(targetSpaces, o, r)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	for _, name := range []string{"device", "constant", "threadgroup"} {
		fmt.Fprintf(&b, "#define %s __attribute__((address_space(%s)))\n", space(name), spaceNumbers[name])
	}
	b.WriteString("namespace assay_msl {\nnamespace metal {\n")
	b.WriteString(u.library("spaces", "log"))
	b.WriteString("}\nusing namespace metal;\n")
	b.WriteString(u.definedMacros(o))
	b.WriteString(body)
	b.WriteString("\n}\n")
	return b.String(), nil
}

// spaceNumbers are clang's numbers for address spaces; thread is the default.
var spaceNumbers = map[string]string{"device": "1", "constant": "2", "threadgroup": "3"}

// space is the macro for an address space: as long as its name, so that columns
// stay, and what clang calls the space in messages.
func space(name string) string { return name[:len(name)-1] + "_" }

// SpaceNames gives the address spaces in messages about AddressSpaces their
// names back.
func SpaceNames(messages string) string {
	for name := range spaceNumbers {
		messages = strings.ReplaceAll(messages, space(name), name)
	}
	return messages
}

var vectorName = regexp.MustCompile(`^(packed_)?(bool|u?char|u?short|u?int|u?long|half|bfloat|float)[234]$`)

// writeSpace writes what the checked rendering spells in its own way, and
// reports whether token i is done.
func (u *Unit) writeSpace(w *writer, i int) bool {
	t, e := u.toks[i], u.edits[i]
	if t.kind != tokIdent || u.memberName(i) {
		return false
	}
	switch t.text {
	case "device", "constant", "threadgroup":
		if e.role == roleShared {
			return false
		}
		text := space(t.text)
		if t.text == "constant" && (e.role == roleGlobal || e.role == roleText) {
			text += " const"
		}
		if e.role == roleConstant {
			return false
		}
		w.write(t, text)
		return true
	}
	if e.role == roleGlobal {
		w.write(t, t.text)
		return true
	}
	// Extended vectors are not constructed like classes.
	if vectorName.MatchString(t.text) && i+1 < len(u.toks) && u.toks[i+1].is("(") && e.role == roleNone {
		w.write(t, "vec_make_<"+t.text+">")
		return true
	}
	return false
}
