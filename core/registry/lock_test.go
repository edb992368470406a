package registry_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/assay-bench/assay/core/registry"
)

func TestLock(t *testing.T) {
	dir := t.TempDir()
	lockPath := filepath.Join(dir, registry.LockName)
	path := plugin(t, dir, "assay-plugin-axpy", "axpy", "1.2.0")
	o := registry.Options{Dirs: []string{dir}, Getenv: env(dir)}
	p, err := discover(t, o).Get("axpy", "")
	if err != nil {
		t.Fatal(err)
	}
	lock, err := registry.ReadLock(lockPath)
	if err != nil {
		t.Fatal(err)
	}
	lock.Plugins = []registry.Locked{{Name: "axpy", Version: "1.2.0", Hashes: []string{"plan9_mips:sha256:" + strings.Repeat("0", 64)}}}
	lock.Pin("axpy", registry.Pin{Installed: p, Constraint: "~> 1.0"})
	if err := lock.Write(lockPath); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(lockPath)
	if err != nil {
		t.Fatal(err)
	}
	want := fmt.Sprintf(`
plugin "axpy" {
  version    = "1.2.0"
  constraint = "~> 1.0"
  hashes = [
    "%s:sha256:%s",
    "plan9_mips:sha256:%s",
  ]
}
`, registry.Platform(), p.SHA256, strings.Repeat("0", 64))
	if !strings.HasSuffix(string(text), want) {
		t.Errorf("lock file:\n%s\nwant it to end in:\n%s", text, want)
	}

	o.LockPath = lockPath
	if p, err := discover(t, o).Get("axpy", "~> 1.0"); err != nil || !p.Locked {
		t.Errorf("unchanged plugin: %+v, %v", p, err)
	}
	plugin(t, dir, "assay-plugin-axpy", "axpy", "1.2.1")
	before := runs(path)
	if _, err := discover(t, o).Get("axpy", ""); err == nil || !strings.Contains(err.Error(), "run `assay plugin lock "+filepath.Dir(lockPath)+"`") {
		t.Errorf("changed plugin: %v", err)
	}
	if runs(path) != before {
		t.Error("a changed plugin was run to describe itself")
	}
	o.Getenv = env(dir, registry.EnvOverrides+"=axpy="+path)
	r := discover(t, o)
	if p, err := r.Get("axpy", ""); err != nil || !p.Override || p.Version != "1.2.1" {
		t.Errorf("override: %+v, %v", p, err)
	}
	if w := r.Warnings(); len(w) != 1 || !strings.Contains(w[0], path) {
		t.Errorf("warnings = %v", w)
	}

	o.Getenv, o.LockPath = env(dir), ""
	if p, err = discover(t, o).Get("axpy", ""); err != nil {
		t.Fatal(err)
	}
	lock.Pin("axpy", registry.Pin{Installed: p})
	if got := lock.Plugins[0]; got.Version != "1.2.1" || len(got.Hashes) != 1 {
		t.Errorf("a new version keeps digests of the old one: %+v", got)
	}
}

func TestLockForAnotherPlatform(t *testing.T) {
	dir := t.TempDir()
	path := plugin(t, dir, "assay-plugin-axpy", "axpy", "1.2.0")
	lockPath := filepath.Join(dir, registry.LockName)
	text := `plugin "axpy" {` + "\n" + `version = "1.2.0"` + "\n" + `hashes = ["plan9_mips:sha256:` + strings.Repeat("0", 64) + `"]` + "\n}\n"
	if err := os.WriteFile(lockPath, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	r := discover(t, registry.Options{Dirs: []string{dir}, LockPath: lockPath, Getenv: env(dir)})
	if _, err := r.Get("axpy", ""); err == nil || !strings.Contains(err.Error(), "but not for "+registry.Platform()) || runs(path) != 0 {
		t.Errorf("err = %v, runs %d", err, runs(path))
	}
}

func TestBadLockFiles(t *testing.T) {
	for text, want := range map[string]string{
		"plugin {":      "assay.lock.hcl:1",
		`plugin "a" {}`: "Missing required argument",
		"plugin \"a\" {\nversion = 1.0\nhashes = [\"sha256:12\"]\n}\n": "is not PLATFORM:sha256:HEX",
		"\x00\xff": "lock file",
	} {
		path := filepath.Join(t.TempDir(), registry.LockName)
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := registry.ReadLock(path); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: err = %v, want %q", text, err, want)
		}
	}
}

func TestLockHoldsVersionsSideBySide(t *testing.T) {
	dir := t.TempDir()
	plugin(t, dir, "assay-plugin-axpy_v1.0.0", "axpy", "1.0.0")
	plugin(t, dir, "assay-plugin-axpy_v2.0.0", "axpy", "2.0.0")
	o := registry.Options{Dirs: []string{dir}, Getenv: env(dir)}
	r := discover(t, o)
	var pins []registry.Pin
	for _, constraint := range []string{"~> 1.0", "~> 2.0"} {
		p, err := r.Get("axpy", constraint)
		if err != nil {
			t.Fatal(err)
		}
		pins = append(pins, registry.Pin{Installed: p, Constraint: constraint})
	}
	lock := &registry.Lock{}
	o.LockPath = filepath.Join(dir, registry.LockName)
	for _, c := range []struct {
		pins   []registry.Pin
		usable string
	}{{pins, "2.0.0 1.0.0"}, {pins[:1], " 1.0.0"}} {
		lock.Pin("axpy", c.pins...)
		if err := lock.Write(o.LockPath); err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, constraint := range []string{"~> 2.0", "~> 1.0"} {
			version := ""
			if p, err := discover(t, o).Get("axpy", constraint); err == nil && p.Locked {
				version = p.Version
			}
			got = append(got, version)
		}
		if strings.Join(got, " ") != c.usable {
			t.Errorf("usable: %q, want %q", got, c.usable)
		}
	}
}
