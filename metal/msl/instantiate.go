package msl

import (
	"slices"
	"strings"
)

// instantiate resolves explicit instantiations of kernel templates.
func (w *walker) instantiate() {
	u := w.u
	for n, in := range w.pending {
		if n > maxKernels {
			panic(fault{u.errorAt(u.toks[in.begin], "", "more than %d explicit instantiations in one source", maxKernels)})
		}
		f, open, close, params := w.target(in)
		t := u.toks[in.begin]
		if f == nil {
			w.unknown(in)
			continue
		}
		args := ""
		if open >= 0 {
			args = u.text(open+1, close)
		} else {
			open = params
		}
		k := Kernel{Function: qualify(f.namespace, f.name), TemplateArgs: args, Threadgroup: f.shared, File: t.file, Line: t.line, fn: f, place: in.begin}
		attrs := w.attributesOf(in.begin, open)
		k.MaxThreads = max(attrs.max, f.max)
		k.Name = attrs.hostName
		if k.Name == "" {
			k.Name = k.Function + "<" + k.TemplateArgs + ">"
		}
		u.spaced[in.begin] = in.end
		w.kernelWord(in.begin, open)
		k.refusal = attempt(func() { w.concrete(&k, params) })
		u.Kernels = append(u.Kernels, k)
	}
}

// unknown handles an instantiation of what is no kernel template.
func (w *walker) unknown(in instantiation) {
	u := w.u
	attrs := w.attributesOf(in.begin, in.end)
	for j := in.begin; j < in.end; j++ {
		if t := u.toks[j]; t.is("kernel") && attrs.hostName != "" {
			refusal := u.errorAt(t, "", "explicit instantiation of a kernel template that is not defined above it")
			u.Kernels = append(u.Kernels, Kernel{Name: attrs.hostName, File: t.file, Line: t.line, place: in.begin, refusal: refusal})
			return
		}
	}
}

// attributesOf reads host_name and the like between two tokens.
func (w *walker) attributesOf(i, end int) function {
	var attrs function
	for ; i < end; i++ {
		if last, ok := w.u.attribute(i); ok {
			w.kernelAttributes(&attrs, w.attributes(i, last))
			i = last
		}
	}
	return attrs
}

// concrete gives an instantiation its arguments: as it spells them itself, or with
// the template's arguments in the places of their names.
func (w *walker) concrete(k *Kernel, params int) {
	k.Args = append([]Arg(nil), k.fn.args...)
	if k.MaxThreads == 0 && k.fn.maxText != nil {
		if n, ok := w.index(w.replaced(k.fn.maxText, w.templateArgs(k))); ok {
			k.MaxThreads = n
		}
	}
	if params < 0 {
		w.substitute(k)
		return
	}
	concrete := w.args(params, true)
	if len(concrete) != len(k.Args) {
		panic(fault{w.u.errorAt(w.u.toks[params], "", "instantiation of %s has %d arguments, the template %d", k.Function, len(concrete), len(k.Args))})
	}
	for n := range concrete {
		k.Args[n].Type = concrete[n].Type
	}
}

// substitute writes template arguments into the kernel's argument types.
func (w *walker) substitute(k *Kernel) {
	values := w.templateArgs(k)
	for n := range k.Args {
		k.Args[n].Type = spell(w.replaced(lex("", k.Args[n].Type), values))
	}
}

// templateArgs are an instantiation's template arguments by the names of their
// parameters, defaults included.
func (w *walker) templateArgs(k *Kernel) map[string][]token {
	values := map[string][]token{}
	args := splitText(k.TemplateArgs)
	for n, p := range k.fn.template {
		if p.pack {
			break
		}
		text := p.fallback
		if n < len(args) {
			text = args[n]
		}
		value := w.replaced(lex("", text), values)
		if p.value && len(value) > 1 {
			value = slices.Concat([]token{{kind: tokPunct, text: "("}}, value, []token{{kind: tokPunct, text: ")"}})
		}
		if p.name != "" && len(value) > 0 {
			values[p.name] = value
		}
	}
	return values
}

// replaced puts values in the places of names.
func (w *walker) replaced(toks []token, values map[string][]token) []token {
	var out []token
	for i, t := range toks {
		v, ok := values[t.text]
		if !ok || t.kind != tokIdent || i > 0 && (toks[i-1].is("::") || toks[i-1].is(".")) {
			out = append(out, t)
			continue
		}
		for j, x := range v {
			x.space = x.space || j == 0 && t.space
			out = append(out, x)
		}
		if len(out) > maxLookahead {
			panic(fault{w.u.errorAt(w.u.toks[0], "", "template arguments are longer than %d tokens", maxLookahead)})
		}
	}
	return out
}

// splitText splits template arguments at top-level commas.
func splitText(args string) []string {
	if args == "" {
		return nil
	}
	var out []string
	depth, begin := 0, 0
	for i, c := range args {
		switch c {
		case '<', '(', '[', '{':
			depth++
		case '>', ')', ']', '}':
			depth--
		case ',':
			if depth == 0 {
				out = append(out, strings.TrimSpace(args[begin:i]))
				begin = i + 1
			}
		}
	}
	return append(out, strings.TrimSpace(args[begin:]))
}

// target finds the kernel template an instantiation names: the last name<...>
// outside parentheses or, where the arguments tell the template's, name(...); open
// is -1 then.
func (w *walker) target(in instantiation) (f *function, open, close, params int) {
	u := w.u
	open, close, params = -1, -1, -1
	for j := in.begin; j < in.end; j++ {
		if last, ok := u.attribute(j); ok {
			j = last
			continue
		}
		t := u.toks[j]
		if t.is("(") {
			if f != nil && j == close+1 {
				params = j
			}
			j = u.match[j]
			continue
		}
		if t.kind != tokIdent || j+1 >= in.end {
			continue
		}
		behind, ok := 0, false
		if u.toks[j+1].is("<") {
			behind, ok = u.angles(j+1, in.end)
		}
		if !ok && !(u.toks[j+1].is("(") && w.template(t.text, 0, nil) != nil) {
			continue
		}
		if !ok {
			return w.template(t.text, len(u.split(j+2, u.match[j+1])), nil), -1, -1, j + 1
		}
		count := 0
		if behind < in.end && u.toks[behind].is("(") {
			count = len(u.split(behind+1, u.match[behind]))
		}
		if candidate := w.template(t.text, count, splitText(u.text(j+2, behind-1))); candidate != nil {
			f, open, close = candidate, j+1, behind-1
		}
		j = behind - 1
	}
	return f, open, close, params
}

// template is the kernel template of a name: one that takes the template arguments
// and has so many arguments, where there is such a one.
func (w *walker) template(name string, args int, given []string) *function {
	var found *function
	for _, f := range w.functions[name] {
		switch {
		case len(f.template) == 0:
		case found == nil, f.takes(given) && !found.takes(given):
			found = f
		case f.takes(given) == found.takes(given) && (len(f.args) == args || len(found.args) != args):
			found = f
		}
	}
	return found
}

// takes reports whether a template can have these arguments: not too many or too few,
// and no number for a type.
func (f *function) takes(given []string) bool {
	for n, p := range f.template {
		switch {
		case p.pack:
			return true
		case n >= len(given):
			return len(given) == 0 || p.fallback != ""
		case !p.value && isLiteral(given[n]):
			return false
		}
	}
	return len(given) <= len(f.template)
}

// isLiteral reports whether a template argument begins as a number does, or is a truth
// value.
func isLiteral(text string) bool {
	return text == "true" || text == "false" || strings.HasPrefix(text, "-") || text != "" && text[0] >= '0' && text[0] <= '9'
}
