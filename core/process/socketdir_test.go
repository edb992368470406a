package process

import (
	"os"
	"path/filepath"
	"testing"
)

// The folder of a killed host is removed with the next start, and no other.
func TestFoldersOfKilledHostsAreRemoved(t *testing.T) {
	base, err := os.MkdirTemp("/tmp", "sd") // short, as a socket's folder is
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(base)
	t.Setenv("TMPDIR", base)
	killed, held, err := socketDir()
	if err != nil {
		t.Fatal(err)
	}
	alive, stays, err := socketDir()
	if err != nil {
		t.Fatal(err)
	}
	defer stays.Close()
	other := filepath.Join(base, "assay77")
	if err := os.Mkdir(other, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := held.Close(); err != nil { // as the kernel does
		t.Fatal(err)
	}
	_, next, err := socketDir()
	if err != nil {
		t.Fatal(err)
	}
	defer next.Close()
	if _, err := os.Stat(killed); !os.IsNotExist(err) {
		t.Errorf("the folder of a killed host is there: %v", err)
	}
	for _, dir := range []string{alive, other} {
		if _, err := os.Stat(dir); err != nil {
			t.Error(err)
		}
	}
}
