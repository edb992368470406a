package msl

import (
	"slices"
	"strings"
	"testing"
)

// TestLibraryIsOne: whatever name of the library one rendering has, the other has too.
func TestLibraryIsOne(t *testing.T) {
	host, cuda := libraryNames(t, hostLibrary), libraryNames(t, cudaLibrary)
	for _, name := range []string{"simd_sum", "atomic_fetch_add_explicit", "threadgroup_barrier", "precise::exp", "__metal_exp", "dot", "float4x4", "simdgroup_load"} {
		if !host[name] {
			t.Errorf("%s is not found among the %d names of the sim rendering", name, len(host))
		}
	}
	for name := range host {
		if !cuda[name] {
			t.Errorf("sim has %s and cuda does not", name)
		}
	}
	for name := range cuda {
		if !host[name] && !strings.HasPrefix(name, "__builtin_") { // which the host's compiler has
			t.Errorf("cuda has %s and sim does not", name)
		}
	}
}

// libraryNames lists what a prelude declares in namespace metal, less the names
// that end in _, which are its own.
func libraryNames(t *testing.T, files []string) map[string]bool {
	t.Helper()
	text := ""
	for _, f := range files {
		b, err := preludes.ReadFile("prelude/" + f + ".h")
		if err != nil {
			t.Fatal(err)
		}
		text += string(b) + "\n"
	}
	toks := preprocess("prelude", text, map[string]string{"ASSAY_SWIZZLES_2_": "", "ASSAY_SWIZZLES_3_": "", "ASSAY_SWIZZLES_4_": ""})
	names := map[string]bool{}
	var space []string // of open braces: a namespace, or "{" for anything else
	parens := 0
	for i, tok := range toks {
		switch {
		case tok.is("{"):
			name := "{"
			if i > 1 && toks[i-2].is("namespace") {
				name = toks[i-1].text
			}
			space = append(space, name)
		case tok.is("}"):
			space = space[:len(space)-1]
		case tok.is("("):
			parens++
		case tok.is(")"):
			parens--
		}
		if tok.kind != tokIdent || strings.HasSuffix(tok.text, "_") || slices.Contains(space, "{") || i == 0 || parens > 0 {
			continue
		}
		before, after := toks[i-1], toks[min(i+1, len(toks)-1)]
		declares := before.is("struct") || before.is("class") || before.is("using") || after.is(";") && (before.kind == tokIdent || before.is(">")) || // a type's name comes last
			after.is("(") && (before.kind == tokIdent || before.is(">") || before.is("&") || before.is("*"))
		if declares {
			names[strings.Join(append(slices.Clone(space), tok.text), "::")] = true
		}
	}
	return names
}
