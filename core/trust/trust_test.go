package trust_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/assay-bench/assay/core/trust"
)

func env(state string) func(string) string {
	return func(name string) string { return map[string]string{"XDG_STATE_HOME": state}[name] }
}

func open(t *testing.T, state string) *trust.Store {
	t.Helper()
	s, err := trust.Open(env(state))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func folder(t *testing.T, parts ...string) string {
	t.Helper()
	dir := filepath.Join(parts...)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestWhatTrustReaches(t *testing.T) {
	root, state := t.TempDir(), t.TempDir()
	mine := folder(t, root, "mine")
	plugins := folder(t, trust.Plugins(mine))
	inner := folder(t, mine, "inner")
	folder(t, mine, "cloned", ".git")
	folder(t, mine, "cloned", "sub")
	folder(t, root, "other")
	if err := os.Symlink(mine, filepath.Join(root, "link")); err != nil {
		t.Fatal(err)
	}
	if open(t, state).Covers(mine) {
		t.Fatal("a folder is trusted before anyone said so")
	}
	if _, err := open(t, state).Trust(filepath.Join(root, "link"), time.Now()); err != nil {
		t.Fatal(err)
	}
	s := open(t, state)
	for path, want := range map[string]bool{
		mine: true, plugins: true, inner: true, filepath.Join(root, "link", "inner"): true,
		filepath.Join(mine, "cloned"): false, filepath.Join(mine, "cloned", "sub"): false,
		root: false, filepath.Join(root, "other"): false, filepath.Join(mine, "none"): false,
	} {
		if s.Covers(path) != want {
			t.Errorf("%s: %v, want %v", path, !want, want)
		}
	}
	info, err := os.Stat(filepath.Join(state, "assay"))
	if err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the state folder: %v, %v", info.Mode(), err)
	}

	// Built anew, it stays trusted; another folder at its path is not.
	if err := os.RemoveAll(filepath.Join(mine, ".assay")); err != nil {
		t.Fatal(err)
	}
	folder(t, trust.Plugins(mine))
	if !open(t, state).Covers(plugins) {
		t.Error("a rebuild lost the trust")
	}
	if err := os.Rename(mine, filepath.Join(root, "aside")); err != nil {
		t.Fatal(err)
	}
	folder(t, mine)
	if s := open(t, state); s.Covers(mine) || s.Covers(filepath.Join(root, "aside")) {
		t.Error("another folder at the path, or the folder at another path, is trusted")
	}
	if known, err := open(t, state).Revoke(mine); !known || err != nil {
		t.Errorf("revoke: %v, %v", known, err)
	}
	if s := open(t, state); len(s.Folders) != 0 {
		t.Errorf("%v are trusted still", s.Folders)
	}
	if known, err := open(t, state).Revoke(mine); known || err != nil {
		t.Errorf("revoke again: %v, %v", known, err)
	}
}

func TestWhatIsNotTrusted(t *testing.T) {
	state := t.TempDir()
	open := func() string {
		_, err := trust.Open(env(state))
		if err == nil {
			return ""
		}
		return err.Error()
	}
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	s, err := trust.Open(env(state))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Trust(dir, time.Now()); err == nil || !strings.Contains(err.Error(), "chmod o-w "+dir) {
		t.Errorf("a folder that everyone may write to: %v", err)
	}
	if err := exec.Command("chmod", "o-w", dir).Run(); err != nil { // the advice
		t.Fatal(err)
	}
	if _, err := s.Trust(dir, time.Now()); err != nil {
		t.Error(err)
	}
	file := filepath.Join(state, "assay", "trusted.json")
	if err := os.Chmod(file, 0o666); err != nil {
		t.Fatal(err)
	}
	if got := open(); !strings.Contains(got, "others may have written "+file) {
		t.Errorf("a state that others may write: %q", got)
	}
	if err := os.WriteFile(file, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	_ = os.Chmod(file, 0o600)
	if got := open(); !strings.Contains(got, "delete it and trust the folders again") {
		t.Errorf("a state that is broken: %q", got)
	}
	nowhere, err := trust.Open(func(string) string { return "" })
	if err != nil {
		t.Fatal(err)
	}
	if _, err := nowhere.Trust(dir, time.Now()); err == nil || !strings.Contains(err.Error(), "XDG_STATE_HOME") {
		t.Errorf("without a place for the state: %v", err)
	}
	if _, err := s.Trust(filepath.Join(dir, "none"), time.Now()); err == nil {
		t.Error("a folder that is not there is trusted")
	}
}

// A command may ask its user for long before it trusts a folder. What another one
// changed meanwhile stands.
func TestChangesOfSeveralCommandsStand(t *testing.T) {
	root, state := t.TempDir(), t.TempDir()
	old, fresh, third := folder(t, root, "old"), folder(t, root, "fresh"), folder(t, root, "third")
	if _, err := open(t, state).Trust(old, time.Now()); err != nil {
		t.Fatal(err)
	}
	asking := open(t, state)
	if known, err := open(t, state).Revoke(old); !known || err != nil {
		t.Fatalf("revoke: %v, %v", known, err)
	}
	if _, err := open(t, state).Trust(third, time.Now()); err != nil {
		t.Fatal(err)
	}
	if _, err := asking.Trust(fresh, time.Now()); err != nil {
		t.Fatal(err)
	}
	s := open(t, state)
	if s.Covers(old) {
		t.Error("a folder that was revoked meanwhile is trusted again")
	}
	if !s.Covers(fresh) || !s.Covers(third) {
		t.Errorf("a folder that was trusted is not: %v", s.Folders)
	}
	if known, err := asking.Revoke(old); known || err != nil {
		t.Errorf("what is revoked already: %v, %v", known, err)
	}
}
