package machine

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
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
			if told, want := toldOf(t, path), asTold(c.told); told != want {
				t.Errorf("told of %q, want %q", told, want)
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

// asTold is what is said of this process as the holder, where the file has that line.
func asTold(line string) string {
	pid := fmt.Sprintf("pid %d", os.Getpid())
	switch {
	case runtime.GOOS != "linux":
		return line
	case line == "holder unknown":
		return pid
	}
	return pid + "; the lock file names " + line
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
	if told := toldNow(t, path); told != asTold("holder unknown") {
		t.Errorf("told of %q", told)
	}
	if err := l.Release(); err != nil {
		t.Error(err)
	}
}

// A link, a hard link, a pipe or a folder that somebody has put in the place of
// the lock is refused, and what is behind it stays as it was.
func TestWhatIsNoLockFileIsRefused(t *testing.T) {
	dir := t.TempDir()
	target := filepath.Join(dir, "target")
	if err := os.WriteFile(target, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, put := range map[string]func(path string) error{
		"a link to a file":  func(p string) error { return os.Symlink(target, p) },
		"a link to nothing": func(p string) error { return os.Symlink(filepath.Join(dir, "nothing"), p) },
		"by a hard link":    func(p string) error { return os.Link(target, p) },
		"no file":           func(p string) error { return syscall.Mkfifo(p, 0o666) },
		"is a directory":    func(p string) error { return os.Mkdir(p, 0o755) },
	} {
		path := filepath.Join(t.TempDir(), "lock")
		if err := put(path); err != nil {
			t.Fatal(err)
		}
		want := name
		if strings.HasPrefix(name, "a link") {
			want = path + " is a link"
		}
		_, err := Acquire(t.Context(), path, "session", func(string) {})
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "ASSAY_LOCK") {
			t.Errorf("%s: %v", name, err)
		}
	}
	holds(t, target, "")
	if _, err := os.Lstat(filepath.Join(dir, "nothing")); err == nil {
		t.Error("a file was made where a link led")
	}
}

// Only where other users can come, they may read the file; nobody else may write it.
func TestWhoMayUseTheLock(t *testing.T) {
	defer syscall.Umask(syscall.Umask(0o077))
	for folder, want := range map[os.FileMode]os.FileMode{0o755: 0o600, 0o700: 0o600, 0o777: 0o644, 0o777 | os.ModeSticky: 0o644} {
		dir := t.TempDir()
		if err := os.Chmod(dir, folder); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, "lock")
		l, err := Acquire(t.Context(), path, "session", func(string) {})
		if err != nil {
			t.Fatal(err)
		}
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != want {
			t.Errorf("in a folder %v: %v, %v, want %v", folder, info.Mode(), err, want)
		}
		if err := l.Release(); err != nil {
			t.Error(err)
		}
	}
}

// Sessions that come after the file was deleted exclude each other by the next one.
func TestALockThatIsDeleted(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	first, err := Acquire(t.Context(), path, "one", func(string) {})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	second, err := Acquire(t.Context(), path, "two", func(string) {})
	if err != nil {
		t.Fatal(err)
	}
	if err := first.Release(); err != nil {
		t.Fatal(err)
	}
	toldNow(t, path)
	if err := second.Release(); err != nil {
		t.Fatal(err)
	}
}
