package msl

import (
	"fmt"
	"strings"
)

// overload is a function of a namespace, by its parameters.
type overload struct {
	name     string   // with its namespace
	params   []string // their types, without names
	template bool
	end      int // last token, -1 of one that is only declared
}

// overload notes a function that no class has.
func (w *walker) overload(s shape, namespace string) {
	u := w.u
	if s.params < 2 || u.toks[s.params-1].kind != tokIdent || u.toks[s.params-2].is("::") || strings.Contains(namespace, "{") {
		return
	}
	o := overload{name: namespace + "\x00" + u.toks[s.params-1].text, template: len(s.templates) > 0, end: -1}
	if s.body >= 0 {
		o.end = s.end
	}
	for _, p := range u.split(s.params+1, u.match[s.params]) {
		end := p[1]
		for j := p[0]; j < p[1]; j++ {
			if u.toks[j].is("=") {
				return // a default argument: no call needs all parameters
			}
		}
		if end-p[0] > 1 && u.toks[end-1].kind == tokIdent && !u.toks[end-1].is("const") && !builtinScalar[u.toks[end-1].text] {
			end-- // its name
		}
		o.params = append(o.params, u.text(p[0], end))
	}
	w.overloads = append(w.overloads, o)
}

// floats lets half and bfloat reach a function's overload for float where another
// overload takes a class. In Metal their conversion to float is a promotion, and
// better than a class's constructor. In the renderings they are classes themselves,
// and such a call would be ambiguous. An overload of their own is still better than
// what is added here.
func (w *walker) floats() {
	byName := map[string][]overload{}
	for _, o := range w.overloads {
		byName[o.name] = append(byName[o.name], o)
	}
	for _, o := range w.overloads {
		if text := forward(o, byName[o.name]); text != "" {
			w.u.after[o.end] += text
		}
	}
}

// forward is a function that calls o with floats, or nothing where none is needed.
func forward(o overload, all []overload) string {
	_, name, _ := strings.Cut(o.name, "\x00")
	var heads, small, params, args []string
	needed := false
	for i, p := range o.params {
		args = append(args, fmt.Sprintf("assay_%d", i))
		if bareType(p) != "float" {
			params = append(params, fmt.Sprintf("%s assay_%d", p, i))
			continue
		}
		t := fmt.Sprintf("Assay%d", i)
		heads, small = append(heads, "class "+t), append(small, t)
		params = append(params, fmt.Sprintf("%s assay_%d", t, i))
		args[i] = "static_cast<float>(" + args[i] + ")"
		for _, other := range all {
			needed = needed || len(other.params) == len(o.params) && !other.template && !builtinScalar[bareType(other.params[i])] && other.params[i] != p
		}
	}
	for _, other := range all {
		needed = needed && !(other.template && len(other.params) == len(o.params))
	}
	if !needed || o.template || o.end < 0 {
		return ""
	}
	return fmt.Sprintf(" template <%s, metal::enable_if_t<metal::some_small_<%s>, int> = 0> inline auto %s(%s) { return %s(%s); }",
		strings.Join(heads, ", "), strings.Join(small, ", "), name, strings.Join(params, ", "), name, strings.Join(args, ", "))
}
