package registry_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/assay-bench/assay/core/process"
	"github.com/assay-bench/assay/core/registry"
)

const describes = `{"name":%q,"version":%q,"phases":[{"name":"decode"}],"config":{},"transport":"newer hosts know this"}`

// install writes a program that prints text, whatever it is asked, and counts
// its runs in a file beside it.
func install(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	script := fmt.Sprintf("#!/bin/sh\necho run >> %s.runs\ncat <<'END'\n%s\nEND\n", path, text)
	if err := os.WriteFile(path, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
}

func plugin(t *testing.T, dir, file, name, version string) string {
	t.Helper()
	path := filepath.Join(dir, file)
	install(t, path, fmt.Sprintf(describes, name, version))
	return path
}

func runs(path string) int {
	data, _ := os.ReadFile(path + ".runs")
	return strings.Count(string(data), "run")
}

// env is an environment whose user folders are under dir.
func env(dir string, extra ...string) func(string) string {
	m := map[string]string{"HOME": dir, "XDG_DATA_HOME": filepath.Join(dir, "data"), "XDG_CACHE_HOME": filepath.Join(dir, "cache")}
	for _, e := range extra {
		name, value, _ := strings.Cut(e, "=")
		m[name] = value
	}
	return func(name string) string { return m[name] }
}

func discover(t *testing.T, o registry.Options) *registry.Registry {
	t.Helper()
	r, err := registry.Discover(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestFoldersAndVersions(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	mine := filepath.Join(dir, "mine")
	plugin(t, mine, "assay-plugin-axpy_v1.2.0", "axpy", "1.2.0")
	plugin(t, mine, "assay-plugin-axpy_v1.10.0", "axpy", "1.10.0")
	plugin(t, mine, "assay-plugin-axpy", "axpy", "1.2.0") // the same version again
	second := plugin(t, filepath.Join(dir, ".assay", "plugins"), "assay-plugin-axpy_v9.0.0", "axpy", "9.0.0")
	user := plugin(t, filepath.Join(dir, "data", "assay", "plugins"), "assay-plugin-dot", "dot", "0.1.0")
	r := discover(t, registry.Options{Dirs: []string{mine}, Getenv: env(dir)})

	var names []string
	for _, p := range r.All() {
		names = append(names, p.Name+" "+p.Version)
	}
	if got := strings.Join(names, ", "); got != "axpy 1.10.0, dot 0.1.0" {
		t.Errorf("all = %s", got)
	}
	if p, err := r.Get("dot", ""); err != nil || p.Path != user || len(p.SHA256) != 64 || p.Locked {
		t.Errorf("dot = %+v, %v", p, err)
	}
	if p, err := r.Get("axpy", "~> 1.2.0"); err != nil || p.Version != "1.2.0" {
		t.Errorf("axpy = %+v, %v", p, err)
	}
	for constraint, want := range map[string]string{
		">= 2": "version 1.10.0, 1.2.0 is installed in " + mine + ", >= 2 is required",
		"nine": `version constraint "nine"`,
	} {
		if _, err := r.Get("axpy", constraint); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: err = %v, want %q", constraint, err, want)
		}
	}
	if _, err := r.Get("gemm", ""); err == nil || !strings.Contains(err.Error(), "is not installed: looked for assay-plugin-gemm in "+mine) {
		t.Errorf("err = %v", err)
	}
	reasons := fmt.Sprint(r.Rejected())
	for _, want := range []string{"has the same version 1.2.0", second + " " + filepath.Join(mine, "assay-plugin-axpy")} {
		if !strings.Contains(reasons, want) {
			t.Errorf("rejected = %s, want %q", reasons, want)
		}
	}
}

// A plugin may leave the names of its phases to its configurations.
func TestPhasesOfTheConfiguration(t *testing.T) {
	dir := t.TempDir()
	install(t, filepath.Join(dir, "assay-plugin-argv"), `{"name":"argv","version":"1.0.0","config":{"blocks":[{"typeName":"phase","labelName":"name","block":{}}]}}`)
	r := discover(t, registry.Options{Dirs: []string{dir}, Getenv: env(dir)})
	if p, err := r.Get("argv", ""); err != nil || len(p.Describe.GetConfig().GetBlocks()) != 1 {
		t.Errorf("%+v, %v, rejected %v", p, err, r.Rejected())
	}
}

func TestRejected(t *testing.T) {
	dir := t.TempDir()
	tests := []struct{ file, text, want string }{
		{"assay-plugin-renamed", fmt.Sprintf(describes, "other", "1.0.0"), `it calls itself "other"; rename the file to assay-plugin-other`},
		{"assay-plugin-wrong_v2.0.0", fmt.Sprintf(describes, "wrong", "1.0.0"), "the file name says version 2.0.0, the plugin says 1.0.0"},
		{"assay-plugin-newest", fmt.Sprintf(describes, "newest", "latest"), `version "latest" is not a semantic version`},
		{"assay-plugin-text", "hello", "did not print a description"},
		{"assay-plugin-schema", `{"name":"schema","version":"1.0.0","phases":[{"name":"p"}],"config":{"attributes":[{"name":"a","type":"lisst(number)"}]}}`, "its configuration schema is defective"},
	}
	for _, tt := range tests {
		install(t, filepath.Join(dir, tt.file), tt.text)
	}
	if err := os.WriteFile(filepath.Join(dir, "assay-plugin-plain"), []byte("x"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "assay-plugin-fails"), []byte("#!/bin/sh\necho no library >&2\nexit 1\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "assay-plugin-foreign"), []byte("hello\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	tests = append(tests,
		struct{ file, text, want string }{"assay-plugin-plain", "", "chmod +x"},
		struct{ file, text, want string }{"assay-plugin-foreign", "", "it is no program; a script needs a first line"},
		struct{ file, text, want string }{"assay-plugin-fails", "", "exit status 1: no library"})
	r := discover(t, registry.Options{Dirs: []string{dir}, Getenv: env(dir)})
	if len(r.All()) != 0 {
		t.Errorf("all = %v", r.All())
	}
	reasons := map[string]string{}
	for _, x := range r.Rejected() {
		reasons[filepath.Base(x.Path)] = x.Reason
	}
	for _, tt := range tests {
		if !strings.Contains(reasons[tt.file], tt.want) {
			t.Errorf("%s: %q, want %q", tt.file, reasons[tt.file], tt.want)
		}
	}
	if _, err := r.Get("wrong", ""); err == nil || !strings.Contains(err.Error(), "was passed over: the file name says") {
		t.Errorf("err = %v", err)
	}
	if _, err := registry.Discover(t.Context(), registry.Options{Dirs: []string{filepath.Join(dir, "absent")}}); err == nil {
		t.Error("an absent folder that was asked for is an error")
	}
}

// A folder that is named twice is looked through once, and a broken plugin that
// another one stands in for is no secret.
func TestPassedOverForAnother(t *testing.T) {
	dir := t.TempDir()
	mine, user := filepath.Join(dir, "mine"), filepath.Join(dir, "data", "assay", "plugins")
	broken := filepath.Join(mine, "assay-plugin-axpy")
	install(t, broken, "hello")
	other := plugin(t, user, "assay-plugin-axpy", "axpy", "1.0.0")
	r := discover(t, registry.Options{Dirs: []string{mine, mine, user}, Getenv: env(dir)})
	if p, err := r.Get("axpy", ""); err != nil || p.Path != other {
		t.Fatalf("axpy = %+v, %v", p, err)
	}
	if n := len(r.Rejected()); n != 1 {
		t.Errorf("%d rejected: %v", n, r.Rejected())
	}
	if w := fmt.Sprint(r.Warnings()); !strings.Contains(w, broken+" was passed over: ") || !strings.Contains(w, other+" is used instead") {
		t.Errorf("warnings = %s", w)
	}
}

// What a plugin started when it was asked what it is ends with it.
func TestHangingDescribe(t *testing.T) {
	dir := t.TempDir()
	fifo, path := filepath.Join(dir, "fifo"), filepath.Join(dir, "assay-plugin-hangs")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	script := fmt.Sprintf("#!/bin/sh\n(echo x; exec sleep 1000) > '%s' &\nwait\n", fifo)
	if err := os.WriteFile(path, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	gone := make(chan error, 1)
	go func() {
		f, err := os.Open(fifo) // waits for the child
		if err == nil {
			defer f.Close()
			_, err = f.Read(make([]byte, 1))
			cancel()
			if err == nil {
				_, err = io.ReadAll(f) // ends with the child
			}
		}
		gone <- err
	}()
	if _, err := registry.Discover(ctx, registry.Options{Dirs: []string{dir}, Getenv: env(dir)}); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want that it was called off", err)
	}
	select {
	case err := <-gone:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(20 * time.Second):
		t.Error("the child outlived the plugin")
	}
}

func TestCache(t *testing.T) {
	dir := t.TempDir()
	path := plugin(t, dir, "assay-plugin-axpy", "axpy", "1.2.0")
	o := registry.Options{Dirs: []string{dir}, Getenv: env(dir)}
	discover(t, o)
	p, err := discover(t, o).Get("axpy", "")
	if err != nil {
		t.Fatal(err)
	}
	if sum, _ := process.FileSHA256(path); runs(path) != 1 || p.SHA256 != sum || p.Describe.GetPhases()[0].GetName() != "decode" {
		t.Errorf("runs = %d, plugin = %+v", runs(path), p)
	}
	plugin(t, dir, "assay-plugin-axpy", "axpy", "1.10.0") // of another size, so seen at once
	if p, err := discover(t, o).Get("axpy", ""); err != nil || p.Version != "1.10.0" {
		t.Errorf("after a change: %+v, %v", p, err)
	}
	if err := os.WriteFile(filepath.Join(dir, "cache", "assay", "plugins.json"), []byte("{"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := discover(t, o).Get("axpy", ""); err != nil {
		t.Errorf("with a broken cache: %v", err)
	}
}

// A second version of a plugin is pinned beside the first, and one that is
// pinned no longer is refused.
func TestBinary(t *testing.T) {
	dir := t.TempDir()
	path := plugin(t, dir, "bench", "axpy", "1.2.0")
	r := discover(t, registry.Options{Getenv: env(dir)})
	for range 2 {
		if p, err := r.Binary(t.Context(), "axpy", path, nil); err != nil || p.Version != "1.2.0" || p.Path != path || len(p.SHA256) != 64 {
			t.Fatalf("%+v, %v", p, err)
		}
	}
	if runs(path) != 1 {
		t.Errorf("asked %d times", runs(path))
	}
	script := "#!/bin/sh\n[ \"$MODE\" = on ] && echo '{\"name\":\"picky\",\"version\":\"1.0.0\",\"phases\":[{\"name\":\"p\"}]}'\n"
	picky := filepath.Join(dir, "picky")
	if err := os.WriteFile(picky, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	if p, err := r.Binary(t.Context(), "picky", picky, []string{"MODE=on"}); err != nil || p.Name != "picky" {
		t.Errorf("in its environment: %+v, %v", p, err)
	}
	raises := filepath.Join(dir, "raises")
	trace := "#!/bin/sh\nprintf 'Traceback (most recent call last):\\n  File \"p.py\", line 3, in <module>\\nValueError: no weights\\n' >&2\nexit 1\n"
	if err := os.WriteFile(raises, []byte(trace), 0o755); err != nil {
		t.Fatal(err)
	}
	plain := filepath.Join(dir, "plain")
	if err := os.WriteFile(plain, []byte("x"), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, path, want string }{
		{"dot", path, `it calls itself "axpy", and the experiment takes it for the plugin "dot"`},
		{"axpy", filepath.Join(dir, "none"), "no such file"},
		{"axpy", plain, "chmod +x"},
		{"axpy", dir, "it is a folder"},
		{"picky", picky, "describe` failed"},
		{"raises", raises, "describe` failed: exit status 1: ValueError: no weights"},
	} {
		if _, err := r.Binary(t.Context(), c.name, c.path, nil); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.path, err, c.want)
		}
	}
}
