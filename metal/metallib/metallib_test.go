package metallib

import (
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/metallib/metallibtest"
)

var update = flag.Bool("update", false, "assemble testdata/kernels.metallib from the .ll files (needs clang-16) and rewrite the golden files")

const kernels = "testdata/kernels.metallib"

func texts(t testing.TB) []string {
	t.Helper()
	files, err := filepath.Glob("testdata/*.ll")
	if err != nil || len(files) < 3 {
		t.Fatal(files, err)
	}
	return files
}

// signaturesOf reads all kernels of a library.
func signaturesOf(t *testing.T, path string) map[string]any {
	t.Helper()
	l, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	out := map[string]any{}
	for _, name := range l.Names() {
		f, err := l.Function(name)
		if err != nil {
			t.Fatal(err)
		}
		s, err := f.Signature()
		if err != nil {
			out[name] = err.Error()
			continue
		}
		out[name] = s
	}
	return out
}

// TestSignatures holds what is read against the golden file, which was read by eye
// against the .ll files.
func TestSignatures(t *testing.T) {
	const golden = "testdata/kernels.json"
	if *update {
		modules, err := metallibtest.Assemble(texts(t)...)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(kernels, metallibtest.Library(modules...), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := json.MarshalIndent(signaturesOf(t, kernels), "", " ")
	if err != nil {
		t.Fatal(err)
	}
	got = append(got, '\n')
	if *update {
		if err := os.WriteFile(golden, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Error(diff)
	}
}

// TestLibraryIsOfTheTexts: the committed library says what the .ll files say.
func TestLibraryIsOfTheTexts(t *testing.T) {
	modules, err := metallibtest.Assemble(texts(t)...)
	if errors.Is(err, metallibtest.ErrNoCompiler) {
		t.Skip("the test assembles LLVM text:", err)
	}
	if err != nil {
		t.Fatal(err)
	}
	fresh := filepath.Join(t.TempDir(), filepath.Base(kernels))
	if err := os.WriteFile(fresh, metallibtest.Library(modules...), 0o600); err != nil {
		t.Fatal(err)
	}
	want, err1 := json.Marshal(signaturesOf(t, fresh))
	got, err2 := json.Marshal(signaturesOf(t, kernels))
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Errorf("run go test -update: %s", diff)
	}
}

// TestKernel: Kernel is the signature's, and its constants are for msl's eyes.
func TestKernel(t *testing.T) {
	l, err := Open(kernels)
	if err != nil {
		t.Fatal(err)
	}
	f, err := l.Function("scale")
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	k, err := f.Kernel()
	if err != nil || k.Name != "scale" || len(k.Args) != 5 || !k.Args[2].Value() || k.Args[1].Constant || k.Args[4].Attr != "thread_position_in_grid" {
		t.Errorf("kernel is %+v, %v", k, err)
	}
}

// TestOpenRefuses: what is no library is refused with its name and what is wrong.
func TestOpenRefuses(t *testing.T) {
	whole, err := os.ReadFile(kernels)
	if err != nil {
		t.Fatal(err)
	}
	changed := func(change func(b []byte) []byte) []byte { return change(append([]byte(nil), whole...)) }
	for _, c := range []struct {
		name, want string
		data       []byte
	}{
		{"empty", "it is empty", nil},
		{"text", "it is not a Metal library, which begins with MTLB", []byte("kernel void k() {}\n")},
		{"one byte", "it is not a Metal library", []byte("M")},
		{"fat", "it is a universal file", []byte{0xCB, 0xFE, 0xBA, 0xBE, 0, 0, 0, 2}},
		{"air", "it is LLVM bitcode", []byte("BC\xC0\xDE....")},
		{"wrapped air", "it is LLVM bitcode", []byte("\xDE\xC0\x17\x0B....")},
		{"header cut off", "it is cut off: it has 87 bytes, and the header alone has 88", whole[:87]},
		{"cut off", "it is cut off: it has ", whole[:len(whole)-1]},
		{"longer", "is something appended to it?", append(append([]byte(nil), whole...), 0)},
		{"list behind the end", "its header points behind its end", changed(func(b []byte) []byte { b[30] = 0xFF; return b })},
		{"list too long", "its header points behind its end", changed(func(b []byte) []byte { b[39] = 0xFF; return b })},
		{"code behind the end", "its header points behind its end", changed(func(b []byte) []byte { b[87] = 0xFF; return b })},
		{"too many functions", "cannot have 4278190083 functions", changed(func(b []byte) []byte { b[91] = 0xFF; return b })},
		{"one function more", "its list ends after 3 of 4 functions", changed(func(b []byte) []byte { b[88] = 4; return b })},
		{"entry too long", "entry 0 of its list does not fit", changed(func(b []byte) []byte { b[95] = 1; return b })},
		{"tag too long", "entry 0 of its list: tag \"NAME\" is cut off", changed(func(b []byte) []byte { b[101] = 1; return b })},
		{"no name", "entry 0 of its list: its name, or", changed(func(b []byte) []byte { b[96] = 'X'; return b })},
		{"no kernels", "it has no kernels, but 3 other functions", []byte(strings.ReplaceAll(string(whole), "TYPE\x01\x00\x02", "TYPE\x01\x00\x00"))},
		{"bitcode outside", "lies outside the file", changed(func(b []byte) []byte { b[strings.Index(string(b), "MDSZ")+12] = 1; return b })},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "k.metallib")
			if err := os.WriteFile(path, c.data, 0o600); err != nil {
				t.Fatal(err)
			}
			_, err := Open(path)
			if err == nil || !strings.HasPrefix(err.Error(), path+": ") || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error is %v, want %s: ...%s", err, path, c.want)
			}
		})
	}
	folder := t.TempDir()
	if _, err := Open(folder); err == nil || err.Error() != folder+": it is not a regular file: name a .metallib file" {
		t.Errorf("a folder: %v", err)
	}
	if _, err := Open(filepath.Join(folder, "none")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
}

// TestFunctionRefuses: a wrong name, and bitcode that was changed.
func TestFunctionRefuses(t *testing.T) {
	whole, err := os.ReadFile(kernels)
	if err != nil {
		t.Fatal(err)
	}
	whole[len(whole)-100] ^= 1 // in the last kernel's bitcode
	path := filepath.Join(t.TempDir(), "k.metallib")
	if err := os.WriteFile(path, whole, 0o600); err != nil {
		t.Fatal(err)
	}
	l, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if _, err := l.Function("scales"); !errors.Is(err, metal.ErrNoKernel) || !strings.Contains(err.Error(), `k.metallib: no such kernel: "scales"; near names: scale, shapes`) {
		t.Errorf("a wrong name: %v", err)
	}
	names := l.Names()
	if _, err := l.Function(names[len(names)-1]); err == nil || !strings.Contains(err.Error(), "the file is damaged") {
		t.Errorf("changed bitcode: %v", err)
	}
	if _, err := l.Function(names[0]); err != nil {
		t.Errorf("a kernel beside it: %v", err)
	}
}
