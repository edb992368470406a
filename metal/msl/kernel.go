package msl

import "strings"

// kernel reads a kernel function's definition.
func (w *walker) kernel(i int, s shape, namespace string) {
	u := w.u
	if strings.Contains(namespace, "{") {
		panic(fault{u.errorAt(u.toks[s.kernel], "", "a kernel cannot be a member of a class")})
	}
	f := &function{namespace: namespace, begin: i, end: s.end, body: s.body, file: u.toks[s.params-1].file, line: u.toks[s.params-1].line, name: u.toks[s.params-1].text}
	if u.toks[s.params-1].kind != tokIdent {
		panic(fault{u.errorAt(u.toks[s.params-1], "", "kernel has no name")})
	}
	if len(s.templates) > 1 {
		panic(fault{u.errorAt(u.toks[i], "", "kernel %s has two template parameter lists", f.name)})
	}
	for _, open := range s.templates {
		behind, _ := u.angles(open, s.body)
		f.template = w.templateParams(open+1, behind-1)
	}
	for j := s.spec; j < s.body; j++ {
		last, ok := u.attribute(j)
		if ok && (j < s.params || j > u.match[s.params]) {
			w.kernelAttributes(f, w.attributes(j, last))
			j = last
		}
	}
	if w.kernels++; w.kernels > maxKernels {
		panic(fault{u.errorAt(u.toks[s.kernel], "", "more than %d kernels in one source", maxKernels)})
	}
	w.functions[f.name] = append(w.functions[f.name], f)
	own := -1
	if len(f.template) == 0 {
		name := f.hostName
		if name == "" {
			name = qualify(namespace, f.name)
		}
		own = len(u.Kernels)
		u.Kernels = append(u.Kernels, Kernel{Name: name, Function: qualify(namespace, f.name), MaxThreads: f.max, File: f.file, Line: f.line, fn: f, place: i})
	}
	// From here on what is wrong is wrong with a kernel that is known.
	f.args = w.args(s.params, false)
	w.plain(i, s.end+1)
	w.kernelWord(s.spec, s.body)
	first := s.spec
	for first < s.params && u.edits[first].role == roleErase {
		first++
	}
	prefix := "static __inline__ __attribute__((always_inline)) "
	u.edits[first] = edit{role: roleText, text: prefix + u.toks[first].text}
	f.shared = u.sharedIn(s.body, s.end)
	if own >= 0 {
		u.Kernels[own].Args, u.Kernels[own].Threadgroup = f.args, f.shared
	}
}

// kernelWord drops the qualifier kernel.
func (w *walker) kernelWord(i, end int) {
	for ; i < end; i++ {
		if last, ok := w.u.attribute(i); ok {
			i = last
		} else if w.u.toks[i].is("kernel") {
			w.u.edits[i] = edit{role: roleErase}
		}
	}
}

func qualify(namespace, name string) string {
	if namespace == "" {
		return name
	}
	return namespace + "::" + name
}

func (w *walker) kernelAttributes(f *function, attrs map[string][]token) {
	if a := attrs["host_name"]; a != nil {
		f.hostName = ""
		for _, t := range a { // adjacent literals are one
			if t.kind != tokString {
				panic(fault{w.u.errorAt(t, "host_name", "[[host_name]] needs a string")})
			}
			f.hostName += unquote(t.text)
		}
	}
	if n, ok := w.index(attrs["max_total_threads_per_threadgroup"]); ok {
		f.max = n
	}
}

func (w *walker) templateParams(i, end int) []templateParam {
	u := w.u
	var out []templateParam
	for _, part := range u.split(i, end) {
		p := templateParam{}
		limit := part[1]
		complex := false
		for j := part[0]; j < limit; j++ {
			if u.toks[j].is("=") {
				p.fallback = u.text(j+1, limit)
				limit = j
				break
			}
			if u.toks[j].is("<") {
				if behind, ok := u.angles(j, limit); ok {
					j = behind - 1
					continue
				}
			}
			complex = complex || u.toks[j].is("(") || u.toks[j].is("...") || u.toks[j].is("template")
		}
		if n := limit - 1; n > part[0] && u.toks[n].kind == tokIdent && !complex {
			p.name = u.toks[n].text
			p.typ = u.text(part[0], n)
			if p.typ == "class" {
				p.typ = "typename"
			}
		}
		out = append(out, p)
	}
	return out
}

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
		k := Kernel{Function: qualify(f.namespace, f.name), TemplateArgs: u.text(open+1, close), Threadgroup: f.shared, File: t.file, Line: t.line, fn: f, place: in.begin}
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

// substitute writes template arguments into the kernel's argument types where
// that is a matter of replacing names.
func (w *walker) substitute(k *Kernel) {
	values := map[string]string{}
	for n, a := range splitText(k.TemplateArgs) {
		if n < len(k.fn.template) {
			values[k.fn.template[n].name] = a
		}
	}
	for n := range k.Args {
		toks := lex("", k.Args[n].Type)
		for i := range toks {
			if v, ok := values[toks[i].text]; ok && toks[i].kind == tokIdent {
				toks[i].text = v
			}
		}
		k.Args[n].Type = spell(toks)
	}
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

// target finds the kernel template an instantiation names: the last
// name<...> outside parentheses.
func (w *walker) target(in instantiation) (f *function, open, close, params int) {
	u := w.u
	params = -1
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
		if t.kind != tokIdent || j+1 >= in.end || !u.toks[j+1].is("<") {
			continue
		}
		behind, ok := u.angles(j+1, in.end)
		if !ok {
			continue
		}
		for _, candidate := range w.functions[t.text] {
			if len(candidate.template) > 0 {
				f, open, close = candidate, j+1, behind-1
			}
		}
		j = behind - 1
	}
	return f, open, close, params
}
