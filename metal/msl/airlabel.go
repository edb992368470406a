package msl

import "strings"

// labelled are the functions of Apple's intermediate language that a source may
// declare for itself, by the names the prelude has them under.
var labelled = map[string]string{
	"__metal_simdgroup_async_copy_1d": "air.simdgroup_async_copy_1d.",
	"__metal_simdgroup_async_copy_2d": "air.simdgroup_async_copy_2d.",
	"__metal_wait_simdgroup_events":   "air.wait_simdgroup_events",
}

// label erases the label at i of a declaration that the prelude defines,
//
//	void __metal_wait_simdgroup_events(int, thread _simdgroup_event_t **) __asm("air.wait_simdgroup_events");
//
// and reports whether it is one. Any other is inline assembly.
func (u *Unit) label(i int) bool {
	if i == 0 || i+3 >= len(u.toks) || !u.toks[i-1].is(")") || !u.toks[i+1].is("(") || u.toks[i+2].kind != tokString || !u.toks[i+3].is(")") {
		return false
	}
	open := u.match[i-1]
	if open < 1 {
		return false
	}
	name, ok := labelled[u.toks[open-1].text]
	if !ok || !strings.HasPrefix(u.toks[i+2].text, `"`+name) {
		return false
	}
	for j := i; j <= i+3; j++ {
		u.edits[j] = edit{role: roleErase}
	}
	return true
}
