package filelock

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
)

func open(t *testing.T, path string) *os.File {
	t.Helper()
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f
}

func TestTry(t *testing.T) {
	for _, c := range []struct {
		first, second Mode
		want          error
	}{{Shared, Shared, nil}, {Shared, Exclusive, ErrHeld}, {Exclusive, Shared, ErrHeld}, {Exclusive, Exclusive, ErrHeld}} {
		path := filepath.Join(t.TempDir(), "lock")
		a, b := open(t, path), open(t, path)
		if err := Try(a, c.first); err != nil {
			t.Fatal(err)
		}
		if err := Try(b, c.second); !errors.Is(err, c.want) {
			t.Errorf("%v beside %v: %v, want %v", c.second, c.first, err, c.want)
		}
		_ = a.Close()
		if err := Try(b, c.second); err != nil {
			t.Errorf("after the first was closed: %v", err)
		}
		if err := Unlock(b); err != nil {
			t.Fatal(err)
		}
		if err := Try(open(t, path), Exclusive); err != nil {
			t.Errorf("after Unlock: %v", err)
		}
	}
	closed := open(t, filepath.Join(t.TempDir(), "lock"))
	_ = closed.Close()
	if err := Try(closed, Shared); err == nil || errors.Is(err, ErrHeld) {
		t.Errorf("a file that is closed: %v", err)
	}
}

// A lock of a file that nobody finds any more locks nobody out.
func TestOpenLocksTheFileThatIsThere(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	opened := 0
	f, err := Open(path, Exclusive, func() (*os.File, error) {
		f := open(t, path)
		if opened++; opened == 1 { // somebody removes it before it is locked
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
		}
		return f, nil
	})
	if err != nil || opened != 2 {
		t.Fatalf("opened %d times, %v", opened, err)
	}
	again := func() (*os.File, error) { return open(t, path), nil }
	if held, err := Open(path, Shared, again); !errors.Is(err, ErrHeld) || held == nil {
		t.Errorf("%v, %v", held, err)
	}
	_ = f.Close()
	if _, err := Open(path, Shared, again); err != nil {
		t.Error(err)
	}
	if f, err := Open(path, Shared, func() (*os.File, error) { return nil, os.ErrPermission }); f != nil || !errors.Is(err, os.ErrPermission) {
		t.Errorf("%v, %v", f, err)
	}
}

func TestWait(t *testing.T) {
	tries, waits := 0, 0
	err := Wait(t.Context(), func() error {
		if tries++; tries < 4 {
			return ErrHeld
		}
		return os.ErrPermission
	}, func() { waits++ })
	if !errors.Is(err, os.ErrPermission) || tries != 4 || waits != 1 {
		t.Errorf("%d tries, %d waits, %v", tries, waits, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	if err := Wait(ctx, func() error { cancel(); return ErrHeld }, nil); !errors.Is(err, context.Canceled) || !errors.Is(err, ErrHeld) {
		t.Errorf("a wait that was called off: %v", err)
	}
}
