package build

import (
	"maps"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// What a build hangs on is in its key, and what it does not is not.
func TestKey(t *testing.T) {
	bin := t.TempDir()
	compiler := func(name, text string) {
		if err := os.WriteFile(filepath.Join(bin, name), []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	compiler("cc", "one")
	compiler("clang-18", "one")
	host := map[string]string{"PATH": bin, "HOME": "/home/x", "CC": "ccache clang-18 -m64"}
	env := map[string]string{"A": "1"}
	spec := Spec{Repo: "/r", Command: []string{"make", "-j4"}, Env: env, Timeout: time.Minute}
	environ := func(set map[string]string) (out []string) {
		for name, value := range set {
			out = append(out, name+"="+value)
		}
		return out
	}
	with := func(of map[string]string, name, value string) map[string]string {
		of = maps.Clone(of)
		of[name] = value
		return of
	}
	key := func() string { return keyOf("/r", "abc", spec, environ(host)) }
	base := key()
	if again := key(); again != base || !ownName.MatchString(base) {
		t.Fatalf("keys %s and %s", base, again)
	}
	changed := spec
	for name, got := range map[string]string{
		"timeout": func() string {
			changed := spec
			changed.Timeout = time.Hour
			return keyOf("/r", "abc", changed, environ(host))
		}(),
		"ref": func() string {
			changed := spec
			changed.Ref = "main"
			return keyOf("/r", "abc", changed, environ(host))
		}(),
		"home":   keyOf("/r", "abc", spec, environ(with(host, "HOME", "/home/y"))),
		"secret": keyOf("/r", "abc", spec, environ(with(host, "TOKEN", "y"))),
	} {
		if got != base {
			t.Errorf("%s changes the key", name)
		}
	}
	seen := map[string]string{base: "the base"}
	differs := func(name, got string) {
		t.Helper()
		if other, ok := seen[got]; ok {
			t.Errorf("%s has the key of %s", name, other)
		}
		seen[got] = name
	}
	differs("repository", keyOf("/s", "abc", spec, environ(host)))
	differs("commit", keyOf("/r", "abd", spec, environ(host)))
	changed.Command = []string{"make -j4"}
	differs("command", keyOf("/r", "abc", changed, environ(host)))
	changed = spec
	changed.Env = with(env, "A", "2")
	differs("environment", keyOf("/r", "abc", changed, environ(host)))
	differs("CFLAGS of the host", keyOf("/r", "abc", spec, environ(with(host, "CFLAGS", "-O1"))))
	changed.Env = with(env, "PATH", "/elsewhere")
	differs("PATH of its own", keyOf("/r", "abc", changed, environ(host)))
	compiler("cc", "longer")
	differs("size of cc", key())
	at := time.Unix(1, 0)
	if err := os.Chtimes(filepath.Join(bin, "cc"), at, at); err != nil {
		t.Fatal(err)
	}
	differs("time of cc", key())
	compiler("clang-18", "longer")
	differs("the compiler in CC", key())
	compiler("nvcc", "new")
	differs("nvcc", key())
	compiler("make", "new")
	differs("the command's program", key())
	if err := os.Rename(filepath.Join(bin, "cc"), filepath.Join(bin, "cc-12")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("cc-12", filepath.Join(bin, "cc")); err != nil {
		t.Fatal(err)
	}
	differs("where cc leads to", key())
}
