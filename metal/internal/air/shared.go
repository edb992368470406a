package air

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// shared is a threadgroup variable. Threadgroups run side by side, so its memory is
// the runtime's, asked for at the beginning of each function that uses it.
type shared struct {
	site int
	kind string // type
	name string // in the source
}

var sharedGlobal = regexp.MustCompile(`^(` + name + `) = .*\baddrspace\(3\) (?:global|constant) `)

func (m *module) noteShared(line string) {
	g := sharedGlobal.FindStringSubmatch(line)
	if g == nil {
		return
	}
	kind := firstType(flat(line[len(g[0]):]))
	m.shared[g[1]] = &shared{site: len(m.shared), kind: kind, name: sourceName(strings.Trim(g[1], `@"`))}
}

var mangledEnd = regexp.MustCompile(`E(\d+)([A-Za-z_]\w*?)(?:_\d+)?(?:\.\d+)*$`)

// sourceName is a variable's name in its function, which ends its mangled one.
func sourceName(mangled string) string {
	if e := mangledEnd.FindStringSubmatch(mangled); e != nil && strconv.Itoa(len(e[2])) == e[1] {
		return e[2]
	}
	return mangled
}

// hoisted are the instructions that a function gets at its beginning: the addresses of
// threadgroup variables, and what constant expressions made of them.
type hoisted struct {
	m      *module
	locals map[string]bool
	entry  []string
	n      int
}

var (
	globalName = regexp.MustCompile(name)
	constant   = regexp.MustCompile(`\b(getelementptr(?: inbounds)?|bitcast|ptrtoint|inttoptr|add|sub|mul)(?: nuw)?(?: nsw)? ?$`)
)

// line replaces the threadgroup variables of a line.
func (h *hoisted) line(s string) string {
	for from := 0; from < len(s); {
		g := globalName.FindStringIndex(s[from:])
		if g == nil {
			break
		}
		begin, end := from+g[0], from+g[1]
		v := h.m.shared[s[begin:end]]
		if v == nil {
			from = end
			continue
		}
		s, from = h.replace(s, begin, end, h.local(v))
	}
	return s
}

// local is the address of a variable.
func (h *hoisted) local(v *shared) string {
	l := fmt.Sprintf("%%air.shared%d", v.site)
	if !h.locals[l] {
		h.locals[l] = true
		h.entry = append(h.entry, fmt.Sprintf("  %s = call ptr @assay_shared(i32 %d, ptr @air.name%d, i32 0, i32 ptrtoint (ptr getelementptr (%s, ptr null, i32 1) to i32))", l, v.site, v.site, v.kind))
	}
	return l
}

// replace puts a local for s[begin:end], and locals for the constant expressions
// around it. It returns where to go on.
func (h *hoisted) replace(s string, begin, end int, local string) (string, int) {
	s, end = s[:begin]+local+s[end:], begin+len(local)
	open := enclosing(s, begin)
	if open < 0 {
		return s, end
	}
	c := constant.FindStringIndex(s[:open])
	last := closing(s, open)
	if c == nil || last < 0 {
		return s, end
	}
	next := fmt.Sprintf("%%air.at%d", h.n)
	h.n++
	inner := h.line(s[open+1 : last]) // it may have further variables
	h.entry = append(h.entry, fmt.Sprintf("  %s = %s %s", next, strings.TrimSpace(s[c[0]:open]), inner))
	return h.replace(s, c[0], last+1, next)
}

// enclosing is the index of the bracket that is open at i, or -1.
func enclosing(s string, i int) int {
	depth := 0
	for i--; i >= 0; i-- {
		switch s[i] {
		case ')':
			depth++
		case '(':
			if depth--; depth < 0 {
				return i
			}
		}
	}
	return -1
}
