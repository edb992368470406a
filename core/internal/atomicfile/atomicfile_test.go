package atomicfile

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

func TestWriteMakesAndReplaces(t *testing.T) {
	path := filepath.Join(t.TempDir(), strings.Repeat("n", 255)) // the longest name
	for _, text := range []string{"first, and longer", "second", ""} {
		if err := Write(path, []byte(text)); err != nil {
			t.Fatal(err)
		}
		holds(t, path, text)
	}
	alone(t, path)
}

func TestPermissionsAreKept(t *testing.T) {
	for _, mode := range []os.FileMode{0o600, 0o640, 0o666, 0o755, 0o444} {
		path := put(t, "old")
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		if err := Write(path, []byte("new")); err != nil {
			t.Fatal(err)
		}
		holds(t, path, "new")
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != mode {
			t.Errorf("permissions %v, error %v; want %v", info.Mode().Perm(), err, mode)
		}
	}
}

func TestANewFileHasWhatTheUmaskAllows(t *testing.T) {
	defer syscall.Umask(syscall.Umask(0o027))
	path := filepath.Join(t.TempDir(), "new")
	if err := Write(path, nil); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("permissions %v, error %v; want 0640", info.Mode().Perm(), err)
	}
}

func TestLinksAreFollowed(t *testing.T) {
	for name, old := range map[string]bool{"to a file": true, "to nothing yet": false} {
		t.Run(name, func(t *testing.T) {
			dir, far := t.TempDir(), t.TempDir()
			file := filepath.Join(far, "file")
			if old {
				if err := os.WriteFile(file, []byte("old"), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			// A link to a link beside it to the file elsewhere.
			first, second := filepath.Join(dir, "first"), filepath.Join(dir, "second")
			if err := errors.Join(os.Symlink("second", first), os.Symlink(file, second)); err != nil {
				t.Fatal(err)
			}
			if err := Check(first); err != nil {
				t.Error(err)
			}
			if err := Write(first, []byte("new")); err != nil {
				t.Fatal(err)
			}
			holds(t, file, "new")
			alone(t, file)
			for _, link := range []string{first, second} {
				if info, err := os.Lstat(link); err != nil || info.Mode()&os.ModeSymlink == 0 {
					t.Errorf("%s is no link any more (%v)", link, err)
				}
			}
		})
	}
}

func TestWhatIsNoFileIsLeftAlone(t *testing.T) {
	dir := t.TempDir()
	pipe, folder, loop := filepath.Join(dir, "pipe"), filepath.Join(dir, "folder"), filepath.Join(dir, "loop")
	if err := errors.Join(syscall.Mkfifo(pipe, 0o600), os.Mkdir(folder, 0o755), os.Symlink("loop", loop)); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{
		pipe, folder, loop, filepath.Join(dir, "no folder", "file"), filepath.Join(pipe, "file"),
		filepath.Join(dir, strings.Repeat("n", 256)), os.DevNull,
	} {
		before, _ := os.Lstat(path)
		refused(t, path)
		if after, _ := os.Lstat(path); before != nil && (after == nil || before.Mode() != after.Mode()) {
			t.Errorf("%s was %v and is %v", path, before.Mode(), after)
		}
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 3 {
		t.Errorf("%d entries are left, error %v; want the 3 there were", len(left), err)
	}
}

func TestAFolderThatTakesNoFiles(t *testing.T) {
	t.Run("read-only", func(t *testing.T) {
		if os.Geteuid() == 0 {
			t.Skip("root may write everywhere")
		}
		path := put(t, "old")
		if err := os.Chmod(filepath.Dir(path), 0o555); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = os.Chmod(filepath.Dir(path), 0o755) })
		refused(t, path)
		holds(t, path, "old")
		alone(t, path)
	})
	t.Run("not even for root", func(t *testing.T) {
		if runtime.GOOS != "linux" {
			t.Skip("only Linux has /proc")
		}
		refused(t, "/proc/self/assay")
	})
}

// A limit on the size of files stands in for a full disk: the write ends half-way.
func TestAFullDiskCostsNothing(t *testing.T) {
	path := put(t, "old")
	var old unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_FSIZE, &old); err != nil {
		t.Fatal(err)
	}
	low := old
	low.Cur = 4096
	if err := unix.Setrlimit(unix.RLIMIT_FSIZE, &low); err != nil {
		t.Fatal(err)
	}
	err := Write(path, bytes.Repeat([]byte("x"), 3*4096))
	if rerr := unix.Setrlimit(unix.RLIMIT_FSIZE, &old); rerr != nil {
		t.Fatal(rerr)
	}
	if !errors.Is(err, syscall.EFBIG) || !strings.Contains(err.Error(), path+":") {
		t.Errorf("error %v, want one that says the file is too large and names %s", err, path)
	}
	holds(t, path, "old")
	alone(t, path)
}

// What content itself gives up keeps the old file, and is no error of the file.
func TestContentThatFailsIsNotWritten(t *testing.T) {
	path := put(t, "old")
	broken := errors.New("no more samples")
	err := Stream(path, func(w io.Writer) error {
		_, err := io.WriteString(w, "half")
		return errors.Join(err, broken)
	})
	var of *Error
	if !errors.Is(err, broken) || errors.As(err, &of) {
		t.Errorf("error %v, want the content's own", err)
	}
	holds(t, path, "old")
	alone(t, path)
}

// refused holds both Write and Check to an error that names the path and not
// the file beside it.
func refused(t *testing.T, path string) {
	t.Helper()
	for name, err := range map[string]error{"Write": Write(path, []byte("new")), "Check": Check(path)} {
		if err == nil || !strings.HasPrefix(err.Error(), "write "+path+": ") || strings.Contains(err.Error(), ".assay-new-") {
			t.Errorf("%s: error %v, want one of %s", name, err, path)
		}
	}
}

func put(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func holds(t *testing.T, path, want string) {
	t.Helper()
	if got, err := os.ReadFile(path); err != nil || string(got) != want {
		t.Errorf("%s holds %.40q, error %v; want %q", path, got, err, want)
	}
}

func alone(t *testing.T, path string) {
	t.Helper()
	if left, err := os.ReadDir(filepath.Dir(path)); err != nil || len(left) != 1 {
		t.Errorf("%v are in the folder, error %v; want the file alone", left, err)
	}
}

// What a killed writer left goes with the next write to its folder, and what
// somebody writes meanwhile stays.
func TestWhatKilledWritersLeftGoes(t *testing.T) {
	path := put(t, "old")
	left := filepath.Join(filepath.Dir(path), newPrefix+"LEFT")
	if err := os.WriteFile(left, []byte("half"), 0o644); err != nil {
		t.Fatal(err)
	}
	target, err := find(path)
	if err != nil {
		t.Fatal(err)
	}
	writing, err := target.beside()
	if err != nil {
		t.Fatal(err)
	}
	swept.Clear() // as another process
	if err := Write(path, []byte("new")); err != nil {
		t.Fatal(err)
	}
	holds(t, path, "new")
	if _, err := os.Stat(left); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%s is still there: %v", left, err)
	}
	if !is(writing, writing.Name()) {
		t.Errorf("%s was swept while it was written", writing.Name())
	}
	if err := errors.Join(os.Remove(writing.Name()), writing.Close()); err != nil {
		t.Error(err)
	}
	alone(t, path)
}
