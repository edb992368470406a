package msl

import (
	"errors"
	"flag"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// sources are all Metal files of the repository, as seeds.
func sources(t testing.TB) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, pattern := range []string{"msltest/testdata/*.metal", "addrcheck/testdata/*.metal", "../sim/testdata/*.metal", "../kernels/*.metal", "../kernels/shared/*.metal"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			text, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			out[f] = string(text)
		}
	}
	return out
}

// FuzzParse: whatever the bytes, reading ends, with kernels or with an *Error
// that has a place; and what was read can be rendered for every target.
func FuzzParse(f *testing.F) {
	for _, text := range sources(f) {
		f.Add(text)
	}
	for _, text := range []string{
		"", "#", "#if", "#define A(", "#define A A\nA", "#define F(x) #x ## x\nF(", "\\\n", "/*", "\"", "'", "template<", "kernel", "kernel void",
		"kernel void k(", "kernel void k()", "namespace{", "template <template <> kernel void f() {}", "constant int x[[function_constant(0)]];",
		"struct{", "[[", "kernel void k(device int*[[buffer(0)]]){threadgroup int;}", "template[[host_name(\"\")]]kernel a<b>;", "operator", "extern\"C\"{",
		"kernel void k(){threadgroup int a[a[a],b<c,d;}", "#line 5 \"x\"\nkernel void k(){}", "enum{}", "using x=y;", "f():a{},b{}{}", "template <> struct <int> {};", "(sizeof(x));\nstruct x { texture2d<float> t; };",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) { readAndRender(t, text) })
}

// readAndRender: a text is refused with a place, or renders for every target.
func readAndRender(t *testing.T, text string) {
	t.Helper()
	u, err := Parse("fuzz.metal", text, map[string]string{"WIDTH": "4", "ASSAY_T": "half", "ASSAY_SUFFIX": "f16"})
	if err != nil {
		if !errors.As(err, new(*Error)) {
			t.Fatalf("error %v has no place", err)
		}
		return
	}
	for _, render := range []func(Options) (string, error){u.CUDA, u.Host, u.AddressSpaces} {
		if _, err := render(Options{}); err != nil {
			t.Fatalf("render: %v", err)
		}
	}
	for i := range u.Kernels {
		if err := u.Check(&u.Kernels[i], nil); err != nil && !errors.As(err, new(*Error)) {
			t.Fatalf("kernel %s: error %v has no place", u.Kernels[i].Name, err)
		}
		_ = u.LeftOut(&u.Kernels[i])
	}
}

var mutants = flag.Int("mutants", 1000, "how many sources TestMutants makes")

// TestMutants: sources with a few words lost, doubled, or taken from others.
func TestMutants(t *testing.T) {
	word := regexp.MustCompile(`\w+|\s+|.`)
	var seeds [][]string
	all := sources(t)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		seeds = append(seeds, word.FindAllString(all[name], -1))
	}
	r := rand.New(rand.NewPCG(1, 2))
	for range *mutants {
		s := slices.Clone(seeds[r.IntN(len(seeds))])
		for range 1 + r.IntN(6) {
			if len(s) == 0 {
				break
			}
			a, b := r.IntN(len(s)), r.IntN(len(s))
			switch other := seeds[r.IntN(len(seeds))]; r.IntN(4) {
			case 0:
				s = slices.Delete(s, a, min(a+1+r.IntN(2), len(s)))
			case 1:
				s[a] = s[b]
			case 2:
				s[a] = other[r.IntN(len(other))]
			case 3:
				s = slices.Insert(s, a, slices.Clone(s[b:min(b+40, len(s))])...)
			}
		}
		readAndRender(t, strings.Join(s, ""))
	}
}

// TestRenderKeepsLines: every token of a rendering stays on the line of its
// source, or a compiler's message would point elsewhere.
func TestRenderKeepsLines(t *testing.T) {
	src := "#include <metal_stdlib>\nusing namespace metal;\n\n\n\n\n\n\n\n\n\n\nkernel void k(device float4 *x,\n  uint i [[thread_position_in_grid]]) {\n#define TWICE(a) (a + \\\n   a)\n\n  x[i].xy = TWICE(x[i].zw);\n#pragma unroll\n  for (int j = 0; j < 4; j++)\n    x[i] += 1.0h;\n}\n"
	u, err := Parse("a.metal", src, nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, render := range map[string]func(Options) (string, error){"cuda": u.CUDA, "host": u.Host, "spaces": u.AddressSpaces} {
		text, err := render(Options{})
		if err != nil {
			t.Fatal(err)
		}
		at := map[string]int{} // what a line of a.metal begins with -> its number
		line, inside := 0, false
		for _, l := range strings.Split(text, "\n") {
			if rest, ok := strings.CutPrefix(l, "#line "); ok {
				number, file, _ := strings.Cut(rest, " ")
				n, _ := integer(number)
				line, inside = int(n), file == `"a.metal"`
				continue
			}
			if fields := strings.Fields(l); inside && len(fields) > 0 {
				if _, seen := at[fields[0]]; !seen {
					at[fields[0]] = line
				}
			}
			line++
		}
		want := map[string]int{"using": 2, "for": 20}
		for token, n := range want {
			if at[token] != n {
				t.Errorf("%s: %q is on line %d, want %d", name, token, at[token], n)
			}
		}
		if !strings.Contains(text, "TWICE") && !strings.Contains(text, "zw") {
			t.Errorf("%s: macro use is gone", name)
		}
	}
}

// TestFunctionConstants: values become constants; a kernel that needs one that
// is missing is named with the place of the use.
func TestFunctionConstants(t *testing.T) {
	src := "constant int n [[function_constant(3)]];\nconstant float f [[function_constant(4)]];\nconstant bool has_f = is_function_constant_defined(f);\n" +
		"kernel void uses(device int *x) {\n  x[0] = n;\n}\nkernel void plain(device int *x) { x[0] = has_f ? 1 : 0; }\n"
	u, err := Parse("a.metal", src, nil)
	if err != nil {
		t.Fatal(err)
	}
	uses, _ := u.Kernel("uses")
	plain, _ := u.Kernel("plain")
	if err := u.Check(plain, nil); err != nil {
		t.Errorf("plain: %v", err)
	}
	if err := u.Check(uses, map[int]any{4: float32(1)}); err == nil || !strings.Contains(err.Error(), "a.metal:5:10: function constant n (index 3) has no value") {
		t.Errorf("uses: error is %v", err)
	}
	text, err := u.CUDA(Options{Constants: map[int]any{3: int32(-7), 4: float32(0.5)}})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"constexpr int n = int(-7l);", "float(metal::bits_as_const_(0x3f000000u))", "assay_defined_f = true"} {
		if !strings.Contains(text, want) {
			t.Errorf("rendering lacks %q", want)
		}
	}
	if text, err = u.CUDA(Options{Kernels: []string{"uses"}}); err != nil || strings.Contains(text, "assay_plain") || strings.Contains(text, "has_f =") {
		t.Errorf("rendering of one kernel has what it does not need: %v", err)
	}
	if _, err := u.CUDA(Options{Constants: map[int]any{3: "seven"}}); err == nil || !strings.Contains(err.Error(), "function constant n: a string is no scalar") {
		t.Errorf("string constant: error is %v", err)
	}
}

// TestEveryFileParses: each Metal file of the repository is inside the subset.
func TestEveryFileParses(t *testing.T) {
	all := sources(t)
	if len(all) < 30 {
		t.Fatalf("only %d Metal files were found", len(all))
	}
	for name, text := range all {
		if strings.HasPrefix(name, "../kernels/") {
			continue // parts of sources, which its own test reads
		}
		if _, err := Parse(name, text, map[string]string{"WIDTH": "4"}); err != nil {
			t.Error(err)
		}
	}
}

// TestHostile: sources built to make a reader slow end quickly enough to test.
func TestHostile(t *testing.T) {
	chain := func(n int) string {
		var b strings.Builder
		for i := range n {
			b.WriteString("#define M" + itoa(i) + "(x) M" + itoa(i+1) + "(x x)\n")
		}
		return b.String() + "M0(1)\n"
	}
	flat := func(n int) string {
		var b strings.Builder
		for i := range n {
			b.WriteString("#define M" + itoa(i) + " M" + itoa(i+1) + "\n")
		}
		return b.String() + "M0;\n"
	}
	for name, text := range map[string]string{
		"angles":    strings.Repeat("a<", 20_000) + ";",
		"templates": strings.Repeat("template<", 20_000),
		"constants": "void f() {" + strings.Repeat("constant ", 20_000) + ";}",
		"groups":    "void f() {" + strings.Repeat("threadgroup ", 20_000) + ";}",
		"brackets":  strings.Repeat("(", 100_000),
		"functions": strings.Repeat("void f(int a) {}\n", 20_000),
		"doubling":  chain(100),
		"chain":     flat(20_000),
		"commas":    "f(" + strings.Repeat("a<b,", 100_000) + ")",
		"kernels":   strings.Repeat("template<typename T>kernel void k(){}\n", 5000),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if u, err := Parse("hostile.metal", text, nil); err == nil {
				if _, err := u.Host(Options{}); err != nil {
					t.Error(err)
				}
			}
		})
	}
}
