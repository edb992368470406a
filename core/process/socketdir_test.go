package process

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"sync"
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
	other := filepath.Join(base, socketPrefix+"of-mine")
	if err := os.MkdirAll(filepath.Join(other, "results"), 0o700); err != nil {
		t.Fatal(err)
	}
	newborn := filepath.Join(base, socketPrefix+"78") // of a host that was killed before it locked it
	if err := os.Mkdir(newborn, 0o700); err != nil {
		t.Fatal(err)
	}
	below := filepath.Join(killed, "plugin-dir1") // as go-plugin has it
	if err := errors.Join(os.Mkdir(below, 0o700), os.Symlink("/proc/self/fd/512", filepath.Join(killed, "assay-plugin-x"))); err != nil {
		t.Fatal(err)
	}
	socket, err := net.Listen("unix", filepath.Join(below, "plugin1"))
	if err != nil {
		t.Fatal(err)
	}
	socket.(*net.UnixListener).SetUnlinkOnClose(false)
	if err := socket.Close(); err != nil {
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
	for _, dir := range []string{killed, newborn} {
		if _, err := os.Stat(dir); !os.IsNotExist(err) {
			t.Errorf("the folder of a killed host is there: %v", err)
		}
	}
	for _, dir := range []string{alive, other} {
		if _, err := os.Stat(dir); err != nil {
			t.Error(err)
		}
	}
}

// Hosts that start at once, each of which removes what others left, have a folder of
// their own each.
func TestFoldersOfHostsThatStartAtOnce(t *testing.T) {
	base, err := os.MkdirTemp("/tmp", "sd")
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(base)
	t.Setenv("TMPDIR", base)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 50 {
				dir, held, err := socketDir()
				if err != nil {
					t.Error(err)
					return
				}
				if _, err := os.Stat(dir); err != nil {
					t.Error(err)
				}
				if err := errors.Join(os.RemoveAll(dir), held.Close()); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
}
