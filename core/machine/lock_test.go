package machine

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// Whatever a lock file holds, the lock works: those who wait are told of a
// holder only if a whole line names one, and what is no lock file is not lost.
func TestLockFilesOfAnyContent(t *testing.T) {
	const unknown = "holder unknown"
	for name, c := range map[string]struct {
		content, told string
		kept          bool
	}{
		"empty":                      {"", unknown, false},
		"whole":                      {"pid 4242, session one\n", "pid 4242, session one", false},
		"torn after the pid":         {"pid 42", unknown, false},
		"torn in the name":           {"pid 4242, sess", unknown, false},
		"torn before its last byte":  {"pid 4242, session one", unknown, false},
		"torn in the first word":     {"pi", unknown, false},
		"zeros after a crash":        {"\x00\x00\x00\x00", unknown, false},
		"half zeros":                 {"pid 4242, ses\x00\x00\x00\x00\n", unknown, false},
		"two holders":                {"pid 1, one\npid 2, two\n", unknown, false},
		"no number":                  {"pid x, session one\n", unknown, false},
		"number that is none":        {"pid 0, session one\n", unknown, false},
		"nobody":                     {"pid 4242, \n", unknown, false},
		"commands for the terminal":  {"pid 4242, \x1b[2Jsession one\n", unknown, false},
		"a newline alone":            {"\n", unknown, true},
		"garbage":                    {"\xff\xfe\x01garbage", unknown, true},
		"text of somebody":           {"my notes\n", unknown, true},
		"much":                       {strings.Repeat("x", 1<<20), unknown, true},
		"much that begins like ours": {"pid 4242, " + strings.Repeat("x", 1<<20) + "\n", unknown, true},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "lock")
			if err := os.WriteFile(path, []byte(c.content), 0o600); err != nil {
				t.Fatal(err)
			}
			if told := toldOf(t, path); told != c.told {
				t.Errorf("told of %q, want %q", told, c.told)
			}
			l, err := Acquire(context.Background(), path, "session two", func(h string) { t.Errorf("waits for %s", h) })
			if err != nil {
				t.Fatal(err)
			}
			held, after := fmt.Sprintf("pid %d, session two\n", os.Getpid()), ""
			if c.kept {
				held, after = c.content, c.content
			}
			holds(t, path, held)
			if err := l.Release(); err != nil {
				t.Error(err)
			}
			holds(t, path, after)
		})
	}
}

// toldOf is what a session hears that must wait while somebody who writes
// nothing has the lock.
func toldOf(t *testing.T, path string) string {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		t.Fatal(err)
	}
	return toldNow(t, path)
}

// toldNow is what a session hears that must wait, and its error says.
func toldNow(t *testing.T, path string) (told string) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	if _, err := Acquire(ctx, path, "late", func(h string) { told = h; cancel() }); err == nil || !strings.Contains(err.Error(), "("+told+")") {
		t.Errorf("error %v, want one that says as much as %q", err, told)
	}
	return told
}

func holds(t *testing.T, path, want string) {
	t.Helper()
	if got, err := os.ReadFile(path); err != nil || string(got) != want {
		t.Errorf("the file holds %.60q (%v), want %.60q", got, err, want)
	}
}

func TestLockOfAFileThatCannotBeWritten(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("root may write everywhere")
	}
	path := filepath.Join(t.TempDir(), "lock")
	if err := os.WriteFile(path, nil, 0o444); err != nil {
		t.Fatal(err)
	}
	l, err := Acquire(context.Background(), path, "session", func(string) {})
	if err != nil {
		t.Fatal(err)
	}
	if told := toldNow(t, path); told != "holder unknown" {
		t.Errorf("told of %q", told)
	}
	if err := l.Release(); err != nil {
		t.Error(err)
	}
}
