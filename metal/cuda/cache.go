package cuda

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// cache keeps machine code on disk, one file per compilation. Any trouble with
// it costs a compilation and is otherwise no error.
type cache struct{ dir string }

// defaultCache is the user's cache folder, or none.
func defaultCache() cache {
	dir, err := os.UserCacheDir()
	if err != nil {
		return cache{}
	}
	return cache{filepath.Join(dir, "assay", "cuda")}
}

// keyOf names a compilation: everything that machine code depends on.
func keyOf(source string, options []string, device, compiler string) string {
	h := sha256.New()
	for _, part := range append([]string{"1", source, device, compiler}, options...) {
		fmt.Fprintf(h, "%d:%s", len(part), part)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// get returns what was put under key, if it is there and whole.
func (c cache) get(key string) ([]byte, bool) {
	if c.dir == "" {
		return nil, false
	}
	data, err := os.ReadFile(c.path(key))
	if err != nil || len(data) < sha256.Size {
		return nil, false
	}
	image := data[sha256.Size:]
	if sum := sha256.Sum256(image); string(sum[:]) != string(data[:sha256.Size]) {
		return nil, false
	}
	return image, true
}

// put stores image, whole or not at all.
func (c cache) put(key string, image []byte) {
	if c.dir == "" || os.MkdirAll(c.dir, 0o755) != nil {
		return
	}
	f, err := os.CreateTemp(c.dir, "new-*")
	if err != nil {
		return
	}
	defer os.Remove(f.Name())
	sum := sha256.Sum256(image)
	_, err = f.Write(append(sum[:], image...))
	if closed := f.Close(); err == nil && closed == nil {
		_ = os.Rename(f.Name(), c.path(key))
	}
}

func (c cache) drop(key string) {
	if c.dir != "" {
		_ = os.Remove(c.path(key))
	}
}

// faultKept is how long a source is remembered to have faulted.
const faultKept = time.Hour

// markFault remembers that a kernel of that compilation faulted.
func (c cache) markFault(key string) {
	if c.dir != "" && os.MkdirAll(c.dir, 0o755) == nil {
		_ = os.WriteFile(c.faultPath(key), nil, 0o644)
	}
}

// faultedLately reports whether any did and is remembered, and forgets old ones.
func (c cache) faultedLately() bool {
	if c.dir == "" {
		return false
	}
	marks, _ := filepath.Glob(filepath.Join(c.dir, "*.fault")) // the pattern is sound
	lately := false
	for _, mark := range marks {
		info, err := os.Stat(mark)
		switch {
		case err != nil:
		case time.Since(info.ModTime()) > faultKept:
			_ = os.Remove(mark)
		default:
			lately = true
		}
	}
	return lately
}

func (c cache) forgetFault(key string) {
	if c.dir != "" {
		_ = os.Remove(c.faultPath(key))
	}
}

func (c cache) faultPath(key string) string { return filepath.Join(c.dir, key+".fault") }

func (c cache) path(key string) string { return filepath.Join(c.dir, key+".cubin") }
