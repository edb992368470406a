package build

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/assay-bench/assay/core/internal/atomicfile"
	"github.com/assay-bench/assay/metal/regular"
)

// cache is a folder of builds:
//
//	CACHEDIR.TAG   says whose it is, and to backups that it need not be kept
//	KEY/           a build
//	  tree/        the checkout
//	  log          what the command printed
//	  built.json   there once all is well
//	KEY.failed/    the last one that failed
//	KEY.lock       held by who builds it, and shared by those who use it
type cache struct{ dir string }

const (
	tagName = "CACHEDIR.TAG"
	tagText = "Signature: 8a477f597d28d172789f06886806bc55\n# Builds made by assay. `assay build --clean` removes them.\n"
)

// ownName are the names of what Clean may remove.
var ownName = regexp.MustCompile(`^[0-9a-f]{32}(\.failed|\.lock)?$`)

// create makes the folder. One that is there, is not ours and holds something
// is refused.
func (c cache) create() error {
	if err := os.MkdirAll(c.dir, 0o755); err != nil {
		return c.fault(err)
	}
	if c.ours() {
		return nil
	}
	if there, err := os.ReadDir(c.dir); err != nil {
		return c.fault(err)
	} else if slices.ContainsFunc(there, stranger) && !c.ours() { // another assay may just have made it
		return c.foreign()
	}
	if err := atomicfile.Write(filepath.Join(c.dir, tagName), []byte(tagText)); err != nil {
		return c.fault(err)
	}
	return nil
}

// stranger is not what Write leaves for a moment.
func stranger(e fs.DirEntry) bool { return !strings.HasPrefix(e.Name(), ".assay-new-") }

func (c cache) ours() bool {
	b, err := regular.Read(filepath.Join(c.dir, tagName), 1<<10)
	return err == nil && string(b) == tagText
}

func (c cache) foreign() error {
	return fmt.Errorf("build cache %s: it holds files and no %s of assay: name another folder, or empty it yourself", c.dir, tagName)
}

// fault is an error of the folder.
func (c cache) fault(err error) error {
	if errors.Is(err, fs.ErrPermission) || strings.Contains(err.Error(), "read-only file system") {
		return fmt.Errorf("build cache %s: %w; set XDG_CACHE_HOME to a folder that can be written", c.dir, err)
	}
	return fmt.Errorf("build cache %s: %w", c.dir, err)
}

func (c cache) entry(key string) entry { return entry{c, key} }

// entry is one build.
type entry struct {
	cache
	key string
}

func (e entry) folder() string    { return filepath.Join(e.dir, e.key) }
func (e entry) tree() string      { return filepath.Join(e.folder(), "tree") }
func (e entry) log() string       { return filepath.Join(e.folder(), "log") }
func (e entry) failed() string    { return filepath.Join(e.dir, e.key+".failed") }
func (e entry) lockPath() string  { return filepath.Join(e.dir, e.key+".lock") }
func (e entry) markPath() string  { return filepath.Join(e.folder(), "built.json") }
func (e entry) failedLog() string { return filepath.Join(e.failed(), "log") }

// mark is what built.json says; it is written last.
type mark struct {
	inputs
	Ref     string    `json:"ref"`
	Built   time.Time `json:"built"`
	Seconds float64   `json:"seconds"`
}

func (e entry) read() (m mark, ok bool) {
	b, err := regular.Read(e.markPath(), 16<<20)
	return m, err == nil && json.Unmarshal(b, &m) == nil && !m.Built.IsZero()
}

func (e entry) built() bool {
	_, ok := e.read()
	info, err := os.Stat(e.tree())
	return ok && err == nil && info.IsDir()
}

func (e entry) finish(m mark) error {
	b, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	return atomicfile.Write(e.markPath(), append(b, '\n'))
}

// clear removes the build. The mark goes first: what is half removed must not
// look built.
func (e entry) clear() error {
	if err := os.Remove(e.markPath()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return removeAll(e.folder())
}

// removeAll removes folders that must not be written as well, which module
// caches of Go are.
func removeAll(path string) error {
	if os.RemoveAll(path) == nil {
		return nil
	}
	_ = filepath.WalkDir(path, func(at string, d fs.DirEntry, err error) error {
		if d != nil && d.IsDir() {
			_ = os.Chmod(at, 0o700) //nolint:gosec // it is removed next
		}
		return nil
	})
	return os.RemoveAll(path)
}
