package msl

import (
	"fmt"
	"slices"
	"strings"
)

// maxRange bounds how often a range of an initializer repeats its value.
const maxRange = 1 << 12

// initial is what gives a threadgroup variable its initial value: one thread, once,
// before any goes on.
func (u *Unit) initial(v sharedVar, to target, typ string, site int) string {
	if v.init[0] == v.init[1] {
		return ""
	}
	copied := fmt.Sprintf("{ const assay_t_ assay_v_ = %s; ASSAY_COPY_(&assay_at_, &assay_v_, sizeof(assay_t_)); }", u.code(v.init[0], v.init[1]))
	switch to {
	case targetCUDA:
		return fmt.Sprintf(" if (::threadIdx.x + ::threadIdx.y + ::threadIdx.z == 0) { typedef %s assay_t_%s; assay_t_& assay_at_ = %s; %s } ::__syncthreads();", typ, v.dims, v.name, copied)
	case targetHost:
		return fmt.Sprintf("typedef %s assay_t_%d_%s; auto& %s = assay_target::shared_value<assay_t_%d_>(%d, %s, %d, [&](auto& assay_at_) { typedef assay_t_%d_ assay_t_; %s });",
			typ, site, v.dims, v.name, site, site, quote(v.name), v.line, site, copied)
	}
	return ""
}

// designators writes `[a ... b] = v` of an initializer out: other compilers have no
// ranges there. Token i is the bracket.
func (w *walker) designators(i, end int) {
	u := w.u
	if !u.toks[i-1].is("{") && !u.toks[i-1].is(",") {
		return
	}
	behind := u.match[i] + 1
	dots := -1
	for j := i + 1; j < behind-1; j++ {
		if u.toks[j].is("...") {
			dots = j
		}
	}
	if dots < 0 || behind >= end || !u.toks[behind].is("=") {
		return
	}
	refuse := func(what string) {
		panic(fault{u.errorAt(u.toks[i], "", "range of an initializer: %s: write its elements out", what)})
	}
	first, ok := w.index(u.toks[i+1 : dots])
	last, also := w.index(u.toks[dots+1 : behind-1])
	if !ok || !also {
		if !w.filled(i, dots, behind, end) {
			refuse("its ends are no numbers")
		}
		return
	}
	if last < first {
		refuse("its ends are not in order")
	}
	if last-first > maxRange {
		refuse(fmt.Sprintf("it has more than %d elements", maxRange+1))
	}
	if at, known := u.elements(i); !known || at != first {
		refuse("it does not begin where the elements before it end")
	}
	value := u.code(behind+1, u.next(behind+1, end, ",", "}"))
	w.erase(i, behind)
	u.edits[i] = edit{role: roleText, text: strings.Repeat(value+", ", last-first), added: last - first}
}

// filled writes `T name[N] = {[a ... b] = v};` as a loop behind the declaration.
func (w *walker) filled(i, dots, behind, end int) bool {
	u := w.u
	open := i - 1
	if !u.toks[open].is("{") || open < 4 || !u.toks[open-1].is("=") || !u.toks[open-2].is("]") {
		return false
	}
	name := u.match[open-2] - 1
	stop := u.next(behind+1, u.match[open], ",")
	semicolon := u.next(u.match[open]+1, end, ";", ")", "]", "}")
	if name < 1 || u.toks[name].kind != tokIdent || stop < u.match[open]-1 || semicolon >= end || !u.toks[semicolon].is(";") {
		return false
	}
	before := ";"
	if e := u.edits[semicolon]; e.role == roleText {
		before = e.text
	}
	u.edits[semicolon] = edit{role: roleText, text: fmt.Sprintf("%s for (int assay_i_ = %s; assay_i_ <= (%s); assay_i_++) %s[assay_i_] = %s;",
		before, u.code(i+1, dots), u.code(dots+1, behind-1), u.toks[name].text, u.code(behind+1, stop))}
	w.erase(i, stop-1)
	return true
}

// code spells tokens as a rendering has them.
func (u *Unit) code(i, end int) string {
	var out []token
	for ; i < end; i++ {
		t := u.toks[i]
		switch e := u.edits[i]; {
		case e.role == roleErase || t.kind == tokPragma:
			continue
		case e.role == roleText:
			t.text = e.text
		case t.kind == tokNumber:
			t.text = number(t.text)
		}
		out = append(out, t)
	}
	return spell(out)
}

// next is the first of tokens [i,end) outside brackets that is one of texts, or end.
func (u *Unit) next(i, end int, texts ...string) int {
	for i < end && !slices.ContainsFunc(texts, u.toks[i].is) {
		if u.match[i] > i {
			i = u.match[i]
		}
		i++
	}
	return min(i, end)
}

// elements counts those of an initializer before token i.
func (u *Unit) elements(i int) (n int, ok bool) {
	open := i - 1
	for ; open >= 0; open-- {
		if u.match[open] >= 0 && u.match[open] < open {
			open = u.match[open]
		} else if u.match[open] > open {
			break
		}
	}
	if open < 0 || !u.toks[open].is("{") {
		return 0, false
	}
	for j := open + 1; j < i; j++ {
		switch {
		case u.toks[j].is(","):
			n++
		case u.toks[j].is("[") && u.edits[j].role == roleText: // a range that was written out
			n += u.edits[j].added
			j = u.match[j]
		case u.toks[j].is("["):
			return 0, false
		case u.match[j] > j:
			j = u.match[j]
		}
	}
	return n, true
}
