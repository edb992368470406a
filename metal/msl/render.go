package msl

import (
	"fmt"
	"maps"
	"strconv"
	"strings"
)

// Options decide what a rendering specialises.
type Options struct {
	// Kernels are the host names to make entry points for; nil means all.
	// Kernels left out cost nothing: templates are not instantiated for them.
	Kernels []string
	// Constants set function constants by index: bool, integer or float values.
	Constants map[int]any
	// ByPointer passes `constant T&` arguments as pointers to device memory
	// instead of by value (CUDA rendering only).
	ByPointer bool
	// Prologue is CUDA C++ without comments or directives to put at the start of a kernel's entry point, where
	// threads outside the grid have left and nothing was read yet, given the names
	// of its parameters in the order of CUDAParams (CUDA rendering only); nil for
	// none.
	Prologue func(k *Kernel, names []string) string
}

type target uint8

const (
	targetCUDA target = iota
	targetHost
	targetSpaces // C++ whose pointers carry address spaces, to be checked and not run
)

// render writes the unit's declarations for a target: those that are reached.
func (u *Unit) render(to target, o Options, r *reached) (string, error) {
	w := &writer{swizzles: u.rewritten()}
	if to == targetSpaces {
		w.swizzles = nil // clang has them
	}
	skip := map[int]int{} // first token of what is left out -> last
	for _, d := range u.decls {
		if !r.kept[d] || d.refusal != nil {
			skip[d.begin] = d.end
		}
	}
	if to != targetSpaces {
		maps.Copy(skip, u.spaced)
	}
	for i := 0; i < len(u.toks); i++ {
		if end, ok := skip[i]; ok {
			i = end
			continue
		}
		t, e := u.toks[i], u.edits[i]
		if to == targetSpaces {
			if last, ok := u.attribute(i); ok {
				i = last
				continue
			}
			if u.writeSpace(w, i) {
				continue
			}
		}
		if to != targetSpaces {
			u.writeBefore(w, i, to)
		}
		switch e.role {
		case roleErase:
		case roleText:
			w.write(t, e.text)
		case roleMembers:
			w.write(t, t.text)
			if to != targetSpaces {
				w.write(t, e.text)
			}
		case roleShared:
			u.writeShared(w, to, i)
			i = e.until
		case roleGlobal:
			i = u.writeGlobal(w, i)
		case roleConstant:
			n, _ := strconv.Atoi(e.text)
			c := u.Constants[n]
			if i = e.until; to != targetSpaces && !u.defined(c.Name, o) && !u.asks[c.Name] {
				continue // what uses it must not compile
			}
			literal, err := u.constantValue(c, o)
			if err != nil {
				return "", err
			}
			w.write(t, "ASSAY_GLOBAL_ constexpr "+c.Type+" "+c.Name+" = "+literal+";")
		case roleDefined:
			w.write(t, strconv.FormatBool(u.defined(e.text, o)))
		default:
			u.writePlain(w, i, to)
		}
		if text := u.after[i]; text != "" && to != targetSpaces {
			w.write(t, text)
		}
	}
	return w.b.String(), nil
}

// writeBefore writes what a rendering that is run has in front of a token.
func (u *Unit) writeBefore(w *writer, i int, to target) {
	if other, ok := u.beside[i]; ok {
		w.write(u.toks[i], "metal::beside_<decltype(("+u.spelled(w, other, to)+"))>(")
	}
	if text := u.before[i]; text != "" {
		w.write(u.toks[i], text)
	}
}

// spelled renders an expression on one line. What encloses it may end with the same
// token; those brackets are left out.
func (u *Unit) spelled(like *writer, s span, to target) string {
	w := &writer{swizzles: like.swizzles}
	for i := s.begin; i < s.end; i++ {
		t := u.toks[i]
		w.file, w.line = t.file, t.line
		if text := u.before[i]; text != "" {
			w.write(t, text)
		}
		switch e := u.edits[i]; e.role {
		case roleErase:
		case roleText:
			w.write(t, e.text)
		case roleDefined:
			w.write(t, "assay_defined_"+e.text)
		default:
			u.writePlain(w, i, to)
		}
		if text := u.after[i]; text != "" && i+1 < s.end {
			w.write(t, text)
		}
	}
	text := w.b.String()
	return text + strings.Repeat(")", max(strings.Count(text, "(")-strings.Count(text, ")"), 0))
}

func (u *Unit) writePlain(w *writer, i int, to target) {
	t := u.toks[i]
	switch t.kind {
	case tokPragma:
		if text := pragma(t.text, to); text != "" {
			w.lineTo(t)
			w.raw(text)
		}
	case tokNumber:
		w.write(t, number(t.text))
	case tokIdent:
		if w.swizzles[t.text] && u.memberName(i) && (i+1 == len(u.toks) || !u.toks[i+1].is("(")) {
			w.write(t, u.swizzleText(i))
			return
		}
		w.write(t, t.text)
	default:
		if u.assigns[i] && to != targetSpaces {
			t.text = "=" // behind what a shift was rewritten to
		}
		w.write(t, t.text)
	}
}

// rewritten are the swizzles in use, less single letters that a structure of
// the source has as a member.
func (u *Unit) rewritten() map[string]bool {
	out := map[string]bool{}
	for _, s := range u.swizzle {
		if !u.members[s] {
			out[s] = true
		}
	}
	return out
}

var components = strings.NewReplacer("r", "x", "g", "y", "b", "z", "a", "w")

func (u *Unit) swizzleText(i int) string {
	name := components.Replace(u.toks[i].text)
	if len(name) == 1 {
		return name
	}
	if i+1 < len(u.toks) {
		switch u.toks[i+1].text {
		case "=", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "<<=", ">>=":
			return name + "_ref_()"
		}
	}
	return name + "_()"
}

// writeShared declares threadgroup variables.
func (u *Unit) writeShared(w *writer, to target, i int) {
	d := u.shared[i]
	for n, v := range d.vars {
		site := i*16 + n
		text := u.initial(v, to, d.typ, site)
		switch {
		case to == targetCUDA:
			text = fmt.Sprintf("__shared__ %s%s %s%s;%s", d.align, d.typ, v.name, v.dims, text)
		case to == targetSpaces: // no automatic variable may be in another address space
			text = fmt.Sprintf("auto& %s = shared_<%s %s%s>();", v.name, space("threadgroup"), d.typ, v.dims)
		case text == "":
			text = fmt.Sprintf("auto& %s = assay_target::shared<%s%s>(%d, %s, %d);", v.name, d.typ, v.dims, site, quote(v.name), v.line)
		}
		w.write(u.toks[i], text)
	}
}

// writeGlobal declares a program-scope constant and returns its last token.
func (u *Unit) writeGlobal(w *writer, i int) int {
	n, _ := strconv.Atoi(u.edits[i].text)
	g := u.globals[n]
	kind := "const"
	if g.scalar || g.constexpr {
		kind = "constexpr"
	}
	w.write(u.toks[i], "ASSAY_GLOBAL_ "+kind)
	named := false
	for j := g.begin; j <= g.end; j++ {
		t := u.toks[j]
		if last, ok := u.attribute(j); ok && !named {
			j = last
			continue
		}
		named = named || t.text == g.name
		if !named {
			switch t.text {
			case "constant", "static", "constexpr", "const", "inline", "extern":
				continue
			}
		}
		switch e := u.edits[j]; {
		case j == i:
			u.writePlain(w, j, targetHost)
		case e.role == roleErase:
		case e.role == roleText:
			w.write(t, e.text)
		case e.role == roleDefined:
			w.write(t, "assay_defined_"+e.text)
		default:
			u.writePlain(w, j, targetHost)
		}
	}
	return g.end
}

// swizzleMacros declares the member functions of the swizzles in use.
func (u *Unit) swizzleMacros() string {
	var b strings.Builder
	names := map[string]bool{}
	for s := range u.rewritten() {
		if s = components.Replace(s); len(s) > 1 {
			names[s] = true
		}
	}
	for n := 2; n <= 4; n++ {
		fmt.Fprintf(&b, "#define ASSAY_SWIZZLES_%d_", n)
		for _, s := range sorted(names) {
			if strings.ContainsAny(s, "xyzw"[n:]) {
				continue
			}
			var index []string
			unique := true
			for i, c := range s {
				index = append(index, itoa(strings.IndexRune("xyzw", c)))
				unique = unique && strings.IndexRune(s, c) == i
			}
			fmt.Fprintf(&b, " constexpr vec<T, %d> %s_() const { return vec<T, %d>(%s); }", len(s), s, len(s), strings.Join(strings.Split(s, ""), ", "))
			if unique {
				fmt.Fprintf(&b, " swizzle_ref_<T, %s> %s_ref_() { return {reinterpret_cast<T*>(this)}; }", strings.Join(index, ", "), s)
			}
		}
		b.WriteByte('\n')
	}
	return b.String()
}
