package machine

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

func write(t *testing.T, path string, content []byte) {
	t.Helper()
	if err := os.WriteFile(path, content, 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestAFileIsIdentifiedByItsContent(t *testing.T) {
	files, path := NewFiles(), filepath.Join(t.TempDir(), "bench.py")
	write(t, path, []byte("one"))
	was := files.File(path)
	if sum := sha256.Sum256([]byte("one")); was.SHA256 != hex.EncodeToString(sum[:]) || was.Size != 3 || was.Read != 3 || was.Unread != "" {
		t.Fatalf("%+v", was)
	}
	write(t, path, []byte("two"))
	if got := was.Change(files.File(path)); !strings.HasPrefix(got, "its sha256 was ") {
		t.Errorf("edited: %q", got)
	}
	write(t, path, []byte("one"))
	if got := was.Change(files.File(path)); got != "" {
		t.Errorf("put back: %q", got)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if got := was.Change(files.File(path)); got != "it is not there" {
		t.Errorf("gone: %q", got)
	}
}

func TestWhatIsNoFileIsNotRead(t *testing.T) {
	dir := t.TempDir()
	pipe := filepath.Join(dir, "pipe")
	if err := syscall.Mkfifo(pipe, 0o644); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		dir: "it is a folder", pipe: "it is a pipe, a socket or a device", "/dev/zero": "it is a pipe, a socket or a device",
		filepath.Join(dir, "none"): "it is not there",
	} {
		f := NewFiles().File(path)
		if f.Unread != want || f.SHA256 != "" || f.Path != path {
			t.Errorf("%s: %+v, want %s", path, f, want)
		}
		if got := f.Change(f); got != "" {
			t.Errorf("%s: %s", path, got)
		}
	}
}

// A sparse file costs no disk; its blocks are read all the same.
func TestALargeFileIsReadInParts(t *testing.T) {
	path, size := filepath.Join(t.TempDir(), "model.gguf"), int64(20<<30)
	write(t, path, []byte("head"))
	if err := os.Truncate(path, size); err != nil {
		t.Skip("no sparse files here:", err)
	}
	was := NewFiles().File(path)
	if was.Size != size || was.Read != wholeLimit {
		t.Fatalf("%+v", was)
	}
	set := func(offset int64) {
		f, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if _, err := f.WriteAt([]byte{1}, offset); err != nil {
			t.Fatal(err)
		}
	}
	set(size - 1)
	if got := was.Change(NewFiles().File(path)); !strings.HasPrefix(got, "its sha256 was ") {
		t.Errorf("last byte: %q", got)
	}
	was = NewFiles().File(path)
	set(3 << 20) // between two blocks
	if err := os.Chtimes(path, time.Time{}, was.Modified.Add(time.Second)); err != nil {
		t.Fatal(err)
	}
	now := NewFiles().File(path)
	if got := was.Change(now); now.SHA256 != was.SHA256 || !strings.Contains(got, "read in parts") {
		t.Errorf("between blocks: %q", got)
	}
}

func TestPartsCoverTheEndsOfAFile(t *testing.T) {
	for _, size := range []int64{0, 1, wholeLimit, wholeLimit + 1, wholeLimit + blockSize, 100 << 30} {
		list := parts(size)
		last := list[len(list)-1]
		if list[0].offset != 0 || last.offset+last.size != size {
			t.Errorf("%d bytes: %v", size, list)
		}
		for i := range list[1:] {
			if list[i+1].offset <= list[i].offset {
				t.Errorf("%d bytes: block %d at %d is not after %d", size, i+1, list[i+1].offset, list[i].offset)
			}
		}
	}
}

func TestAFileIsReadOnce(t *testing.T) {
	files, path := NewFiles(), filepath.Join(t.TempDir(), "weights")
	write(t, path, bytes.Repeat([]byte("w"), 1000))
	first := files.File(path)
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	// The content changes in place and the times are put back: not read again.
	write(t, path, bytes.Repeat([]byte("v"), 1000))
	if err := os.Chtimes(path, time.Time{}, info.ModTime()); err != nil {
		t.Fatal(err)
	}
	if again := files.File(path); again != first {
		t.Errorf("read again: %+v", again)
	}
}
