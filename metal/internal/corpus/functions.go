package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/assay-bench/assay/metal/mlxkernel"
	"github.com/assay-bench/assay/metal/msl"
)

// function is one kernel function of a root, with what is compiled of it.
type function struct {
	Project, Root, Name string
	File                string   // where it is written, or instantiated first
	Kernels             []string // host names to compile
	Read                string   // why it is not read, empty if it is
	Sim, CUDA           string   // why it does not compile
}

// kernelsOf groups a unit's kernels by function, in source order. Of a template
// the first instantiation stands for all, unless all are wanted.
func kernelsOf(u *msl.Unit, all bool) []function {
	var out []function
	at := map[string]int{}
	for _, k := range u.Kernels {
		i, known := at[k.Function]
		if !known {
			i = len(out)
			at[k.Function] = i
			out = append(out, function{Name: k.Function, File: k.File})
		}
		if !known || all {
			out[i].Kernels = append(out[i].Kernels, k.Name)
		}
	}
	return out
}

// values gives each function constant of a unit a value: true, or 4. It is the same
// in each run, and none leaves an array without elements.
func values(u *msl.Unit) map[int]any {
	out := map[int]any{}
	for _, c := range u.Constants {
		switch c.Type {
		case "bool":
			out[c.Index] = true
		case "float", "half", "bfloat":
			out[c.Index] = float32(4)
		default:
			out[c.Index] = int32(4)
		}
	}
	return out
}

var (
	comment      = regexp.MustCompile(`(?s)/\*.*?\*/|//[^\n]*`)
	kernelHeader = regexp.MustCompile(`(?s)(?:\bkernel\b|\[\[\s*kernel\b.{0,160}?\]\])(?:\s|\\\n|\[\[.{0,160}?\]\]|__attribute__\(\(.{0,80}?\)\))*void\s+(\w+)`)
)

// written finds kernel functions in the text of files, for the count of what the
// reader refuses. One that a macro names has the name that the macro's body has.
func written(files []string) []function {
	var out []function
	seen := map[string]bool{}
	for _, file := range files {
		if isBody(file) {
			out = append(out, bodyWritten(file))
			continue
		}
		text, err := os.ReadFile(file)
		if err != nil {
			continue
		}
		for _, m := range kernelHeader.FindAllStringSubmatch(comment.ReplaceAllString(string(text), " "), -1) {
			if !seen[m[1]] {
				seen[m[1]] = true
				out = append(out, function{Name: m[1], File: file})
			}
		}
	}
	return out
}

// bodyWritten is the function that a body makes. One that is no body counts too.
func bodyWritten(file string) function {
	b, err := readBody(file)
	if err != nil {
		return function{Name: strings.TrimSuffix(filepath.Base(file), mlxkernel.Extension), File: file}
	}
	return function{Name: b.Function(), File: file}
}

// unqualified is a function's name without its namespace.
func unqualified(name string) string { return name[strings.LastIndexByte(name, ':')+1:] }
