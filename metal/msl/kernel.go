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
	w.inKernel = true
	defer func() { w.inKernel = false }()
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
	if a := attrs["max_total_threads_per_threadgroup"]; len(a) > 0 {
		f.maxText = a
		if n, ok := w.index(a); ok {
			f.max = n
		}
	}
}

func (w *walker) templateParams(i, end int) []templateParam {
	u := w.u
	var out []templateParam
	for _, part := range u.split(i, end) {
		p := templateParam{}
		limit := part[1]
		for j := part[0]; j < limit; j++ {
			switch t := u.toks[j]; {
			case t.is("="):
				p.fallback = u.text(j+1, limit)
				limit = j
			case t.is("<"):
				if behind, ok := u.angles(j, limit); ok {
					j = behind - 1
				}
			case t.is("..."):
				p.pack = true
			case t.is("(") && p.name == "": // R (*name)(...)
				if n := u.match[j] - 1; u.toks[n].kind == tokIdent {
					p.name = u.toks[n].text
				}
				j = u.match[j]
			case u.match[j] > j:
				j = u.match[j]
			}
		}
		if n := limit - 1; n > part[0] && u.toks[n].kind == tokIdent && p.name == "" {
			p.name = u.toks[n].text
		}
		first := u.toks[part[0]]
		p.value = !first.is("typename") && !first.is("class") && !first.is("template")
		out = append(out, p)
	}
	return out
}
