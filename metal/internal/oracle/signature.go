package main

import (
	"fmt"
	"slices"

	"github.com/assay-bench/assay/metal/msl"
)

// differ lists the differences between the signatures of the two sides: in arguments,
// in the largest threadgroup, and in the function constants that Apple's code uses.
func differ(apple, ours signature) []string {
	out := arguments(apple.kernel, ours.kernel)
	if a, b := apple.kernel.MaxThreads, ours.kernel.MaxThreads; a != b {
		out = append(out, fmt.Sprintf("threads of a threadgroup: Apple's metadata has at most %d, and we read %d (0: not limited)", a, b))
	}
	for _, c := range apple.constants {
		same := func(o msl.FunctionConstant) bool { return o.Name == c.Name && o.Type == c.Type && o.Index == c.Index }
		if !slices.ContainsFunc(ours.constants, same) {
			out = append(out, fmt.Sprintf("function constant %s: Apple's metadata has a %s at %d, and we read no such constant", c.Name, c.Type, c.Index))
		}
	}
	return out
}

// arguments lists the differences between the arguments of the two sides: their names,
// indices and address spaces, whether they are read only, and whether a function
// constant can leave them out.
func arguments(apple, ours *msl.Kernel) []string {
	var out []string
	describe := func(k *msl.Kernel) map[string]string {
		m := map[string]string{}
		for _, a := range k.Args {
			if a.Space == msl.Builtin {
				m["["+a.Attr+"]"] = "a position"
				continue
			}
			text := fmt.Sprintf("%s data at %s(%d)", a.Space, a.Attr, a.Index)
			if a.Constant {
				text += ", read only"
			}
			if a.Enabled != "" {
				text += ", optional"
			}
			m[a.Name] = text
		}
		return m
	}
	theirs, mine := describe(apple), describe(ours)
	for name, text := range theirs {
		if mine[name] != text {
			out = append(out, fmt.Sprintf("argument %s: Apple's metadata has %s, and we read %q", name, text, mine[name]))
		}
	}
	for name, text := range mine {
		if _, ok := theirs[name]; !ok {
			out = append(out, fmt.Sprintf("argument %s: we read %s, and Apple's metadata has none", name, text))
		}
	}
	slices.Sort(out)
	return out
}
