package process_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/assay-bench/assay/core/process"
)

// What was digested is what runs, whatever comes to its path in between.
func TestWhatWasDigestedRuns(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only Linux executes a descriptor")
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "tool")
	copyFile(t, lookPath(t, "echo"), path)
	p, err := process.OpenProgram(path)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	sum, err := p.SHA256()
	if want, _ := process.FileSHA256(path); err != nil || sum != want || p.Verify("sha256:"+sum) != nil || p.Verify("") != nil {
		t.Fatalf("%s, %v, want %s", sum, err, want)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte("#!/bin/sh\necho replaced\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	links := t.TempDir()
	for _, folder := range []string{"", links} {
		out, err := p.Command(folder, "digested").CombinedOutput()
		if err != nil || string(out) != "digested\n" {
			t.Errorf("it says %q, %v", out, err)
		}
	}
	if err := p.Check(); err != nil {
		t.Errorf("the file that ran is the one digested: %v", err)
	}
}

// A process is called as its file is, in ps and top too.
func TestNameOfTheProcess(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("only what Linux executes by a descriptor could lose its name")
	}
	path := filepath.Join(t.TempDir(), "assay-plugin-x")
	copyFile(t, lookPath(t, "cat"), path)
	p, err := process.OpenProgram(path)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	out, err := p.Command(t.TempDir(), "/proc/self/comm", "/proc/self/cmdline").CombinedOutput()
	if want := "assay-plugin-x\n" + path + "\x00"; err != nil || !strings.HasPrefix(string(out), want) {
		t.Errorf("%q, %v, want %q", out, err, want)
	}
}

// A script runs by its path, with its own words for where it lies, and is looked
// at again after the start.
func TestAScriptThatChanges(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "script")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	const first = "#!/bin/sh\necho \"$0\"\n"
	for name, c := range map[string]struct {
		change func()
		differ bool
	}{
		"nothing":           {func() {}, false},
		"its times":         {func() { _ = os.Chtimes(path, time.Now(), time.Now()) }, false},
		"the same anew":     {func() { _ = os.Remove(path); write(first) }, false},
		"written over":      {func() { write("#!/bin/sh\necho changed\n") }, true},
		"another put there": {func() { _ = os.Remove(path); write("#!/bin/sh\n") }, true},
		"taken away":        {func() { _ = os.Remove(path) }, true},
	} {
		_ = os.Remove(path)
		write(first)
		p, err := process.OpenProgram(path)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := p.SHA256(); err != nil {
			t.Fatal(err)
		}
		if out, err := p.Command(t.TempDir()).Output(); err != nil || string(out) != path+"\n" {
			t.Errorf("%s: %q, %v", name, out, err)
		}
		c.change()
		if err := p.Check(); (err != nil) != c.differ {
			t.Errorf("%s: %v", name, err)
		}
		_ = p.Close()
	}
}

// A binary that is written over between its digest and its end is not believed.
func TestABinaryWrittenOver(t *testing.T) {
	path := filepath.Join(t.TempDir(), "tool")
	copyFile(t, lookPath(t, "true"), path)
	p, err := process.OpenProgram(path)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Close()
	if _, err := p.SHA256(); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.WriteString("more")
	if err := errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
	var changed *process.DigestError
	if err := p.Check(); !errors.As(err, &changed) {
		t.Errorf("%v, want a digest error", err)
	}
}

func lookPath(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("the test runs %s: %v", name, err)
	}
	return path
}

func copyFile(t *testing.T, from, to string) {
	t.Helper()
	b, err := os.ReadFile(from)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(to, b, 0o755); err != nil {
		t.Fatal(err)
	}
}
