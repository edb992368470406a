package metal_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/msl"
)

// TestIncludes: the kernels, their places and what is wrong are those of a
// compiler that reads the files themselves.
func TestIncludes(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"lib/types.h": "#pragma once\n#include \"deep/more.h\"\nstruct disk_t { int n; };\n", "lib/deep/more.h": "#include \"near.h\"\n", "lib/deep/near.h": "kernel void from_disk() {}\n",
	} {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	guarded := "// a comment\n#ifndef G_H\n#define G_H\n#include \"a.h\"\nkernel void guarded() {}\n#endif // G_H\n"
	files := map[string]string{
		"k/once.h": "#pragma once\n#include \"../g.h\"\nkernel void once() {}\n", "g.h": guarded, "a.h": "#include \"g.h\"\n#include \"k/once.h\"\n",
		"self.h": "#include \"self.h\"\n", "part.h": "#ifdef PART_A\nkernel void part_a() {}\n#endif\n#ifdef PART_B\nkernel void part_b() {}\n#endif",
		"bad.h": "\nkernel void k(\n  float x) {}\n", "one.metal": "kernel void first() {}\n", "two.metal": "kernel void second() {}\n",
	}
	for _, c := range []struct{ name, text, want string }{
		{"once, by two paths", "#include \"k/once.h\"\n#include \"k/../k/once.h\"\n", "guarded once"},
		{"guards that include one another", "#include \"a.h\"\n#include \"g.h\"\n", "guarded once"},
		{"once, first under a condition", "#ifdef NEVER\n#include \"k/once.h\"\n#endif\n#include \"k/once.h\"\n#include \"k/once.h\"\n", "guarded once"},
		{"parts by macros", "#define PART_A\n#include \"part.h\"\n#undef PART_A\n#define PART_B\n#include \"part.h\"\nkernel void last() {}\n", "last part_a part_b"},
		{"from a folder", "#import \"lib/types.h\"\nkernel void own(device disk_t *x) {}\n", "from_disk own"},
		{"texts in a row", "#include \"one.metal\"\n#include \"two.metal\"\n", "first second"},
		{"in a comment", "/*\n#include \"none.h\"\n*/ // #include \"none.h\"\nkernel void k() {}\n", "k"},
		{"missing where nothing comes", "#if 0\n#include \"none.h\"\n#endif\nkernel void k() {}\n", "k"},
		{"Metal's", "#include <metal_stdlib>\n#include <metal_logging>\n#include <metal_simdgroup_matrix>\n#include \"metal_stdlib\"\nkernel void k() {}\n", "k"},
		{"missing", "\n#include \"none.h\"\n", "a.metal:2:1: #include \"none.h\" is in none of: the given files, " + dir},
		{"missing, no file of Metal's", "#include <vector>\n", "a.metal:1:1: #include <vector>: it is none of Metal's headers and was not found"},
		{"itself", "#include \"self.h\"\n", "self.h:1:1: #include \"self.h\": the file includes itself"},
		{"place in what is included", "#include \"bad.h\"\n", "bad.h:3:3: argument x"},
		{"place behind it", "#line 10 \"other.metal\"\n#include \"one.metal\"\nkernel void k(float x) {}\n", "other.metal:11:15: argument x"},
	} {
		t.Run(c.name, func(t *testing.T) {
			src, err := metal.Source{Name: "a.metal", Text: c.text, Files: files, Folders: []string{dir}}.Flat()
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			if unit, err := msl.Parse(src.Name, src.Text, nil); err != nil {
				got = err.Error()
			} else if got = strings.Join(unit.Names(), " "); strings.Contains(c.want, ":") {
				last, _ := unit.Kernel("k")
				got = unit.Check(last, nil).Error()
			}
			if !strings.HasPrefix(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}

// TestIncludesEnd: files that double what they include end with an error.
func TestIncludesEnd(t *testing.T) {
	files := map[string]string{}
	for _, n := range []string{"0", "1", "2", "3", "4", "5", "6", "7", "8"} {
		files[n] = strings.Repeat("#include \""+string(n[0]+1)+"\"\n", 200)
	}
	files["9"] = strings.Repeat("int x;\n", 1000)
	_, err := metal.Source{Name: "a.metal", Text: "#include \"0\"\n", Files: files}.Flat()
	if err == nil || !strings.Contains(err.Error(), "larger than 8 MiB") {
		t.Errorf("error is %v", err)
	}
}

// TestIncludeTooLarge: a file that is found and too large is not said to be missing.
func TestIncludeTooLarge(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "large.h")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(file, 1<<40); err != nil {
		t.Skip("the file system has no sparse files:", err)
	}
	_, err := metal.Source{Name: "a.metal", Text: "#include \"large.h\"\n", Folders: []string{dir}}.Flat()
	if err == nil || !strings.Contains(err.Error(), "larger than 8 MiB") {
		t.Errorf("error is %v", err)
	}
}
