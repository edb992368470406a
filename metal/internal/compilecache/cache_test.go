package compilecache

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/assay-bench/assay/metal/filelock"
)

var (
	first  = strings.Repeat("a", 64)
	second = strings.Repeat("b", 64) + ".cubin"
)

// age makes a file or folder look as if it was last used so long ago.
func age(t *testing.T, path string, ago time.Duration) time.Time {
	t.Helper()
	at := time.Now().Add(-ago)
	if err := os.Chtimes(path, at, at); err != nil {
		t.Fatal(err)
	}
	return modified(t, path)
}

func modified(t *testing.T, path string) time.Time {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.ModTime()
}

func add(t *testing.T, d Dir, name string) string {
	t.Helper()
	if err := d.Make(); err != nil {
		t.Fatal(err)
	}
	made := d.Path("made")
	if err := os.WriteFile(made, []byte(name), 0o600); err != nil {
		t.Fatal(err)
	}
	path, err := d.Add(made, name)
	if err != nil {
		t.Fatal(err)
	}
	return path
}

func names(t *testing.T, d Dir) []string {
	t.Helper()
	entries, err := os.ReadDir(string(d))
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, e := range entries {
		out = append(out, e.Name())
	}
	return out
}

func TestFind(t *testing.T) {
	d := Dir(filepath.Join(t.TempDir(), "deep", "cache"))
	if _, ok := d.Find(first); ok {
		t.Error("a folder that is not there has an entry")
	}
	path := add(t, d, first)
	got, ok := d.Find(first)
	if !ok || got != path {
		t.Fatalf("found %q, %t, want %q", got, ok, path)
	}
	if text, err := os.ReadFile(path); err != nil || string(text) != first {
		t.Errorf("the entry holds %q, %v", text, err)
	}
	if _, err := d.Add(d.Path("nothing"), second); err == nil {
		t.Error("what was never made is added")
	}
}

func TestAUseIsNotedOnceADay(t *testing.T) {
	d := Dir(t.TempDir())
	path := add(t, d, first)
	for ago, noted := range map[time.Duration]bool{refresh / 2: false, 2 * refresh: true, 2 * kept: true} {
		before := age(t, path, ago)
		if _, ok := d.Find(first); !ok {
			t.Fatalf("an entry last used %v ago is not found", ago)
		}
		if after := modified(t, path); after.After(before) != noted {
			t.Errorf("used %v ago: the time went from %v to %v, noted should be %t", ago, before, after, noted)
		}
	}
}

func TestSweep(t *testing.T) {
	d := Dir(t.TempDir())
	add(t, d, first)
	leftover := d.Path("new-123")
	if err := os.MkdirAll(filepath.Join(leftover, "kernels"), 0o700); err != nil {
		t.Fatal(err)
	}
	foreign := d.Path("letters-to-mother")
	for _, f := range []string{foreign, d.Path(first + ".fault"), d.Path(second)} {
		if err := os.WriteFile(f, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	grow := func() {
		for _, f := range []string{d.Path(first), d.Path(first + ".fault"), leftover, foreign} {
			age(t, f, kept+refresh)
		}
		age(t, d.Path(second), kept-refresh)
	}
	grow()
	third := strings.Repeat("c", 64)
	add(t, d, third)
	if got, want := names(t, d), []string{first, first + ".fault", second, third, "letters-to-mother", "new-123", stamp}; !slices.Equal(got, want) {
		t.Errorf("swept less than a day ago, the folder has %v, want %v", got, want)
	}

	age(t, d.Path(stamp), 2*refresh)
	held, err := d.stamp()
	if err == nil {
		err = filelock.Try(held, filelock.Shared)
	}
	if err != nil {
		t.Fatal(err)
	}
	add(t, d, third)
	if _, err := os.Stat(d.Path(first)); err != nil {
		t.Error("swept while another process was noting a use")
	}
	held.Close()

	add(t, d, third)
	if got, want := names(t, d), []string{second, third, "letters-to-mother", stamp}; !slices.Equal(got, want) {
		t.Errorf("after a sweep the folder has %v, want %v", got, want)
	}
}

// TestAUsedEntryIsNotSwept: what is used is found by the sweep that comes next.
func TestAUsedEntryIsNotSwept(t *testing.T) {
	d := Dir(t.TempDir())
	path := add(t, d, first)
	age(t, path, 2*kept)
	age(t, d.Path(stamp), 2*refresh)
	if _, ok := d.Find(first); !ok {
		t.Fatal("the old entry is not found")
	}
	add(t, d, second)
	if _, ok := d.Find(first); !ok {
		t.Error("the entry that was just used is swept")
	}
}

// TestAFolderThatCannotBeSweptTakesEntries: no sweep fails a compilation.
func TestAFolderThatCannotBeSweptTakesEntries(t *testing.T) {
	d := Dir(t.TempDir())
	if err := os.Mkdir(d.Path(stamp), 0o700); err != nil {
		t.Fatal(err)
	}
	path := add(t, d, first)
	age(t, path, 2*kept)
	if _, ok := d.Find(first); !ok {
		t.Error("the entry is not found")
	}
}

func TestOff(t *testing.T) {
	var d Dir
	if _, ok := d.Find(first); ok {
		t.Error("a cache that is off has an entry")
	}
	if err := d.Make(); err == nil {
		t.Error("a cache that is off gets a folder")
	}
	if _, err := d.Add("x", first); err == nil {
		t.Error("a cache that is off takes an entry")
	}
}
