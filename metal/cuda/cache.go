package cuda

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"

	"github.com/assay-bench/assay/metal/internal/compilecache"
	"github.com/assay-bench/assay/metal/regular"
)

// cache keeps machine code on disk, one file per compilation. Any trouble with
// it costs a compilation and is otherwise no error.
type cache struct{ dir compilecache.Dir }

// defaultCache is the user's cache folder, or none.
func defaultCache() cache {
	dir, err := os.UserCacheDir()
	if err != nil {
		return cache{}
	}
	return cache{compilecache.Dir(filepath.Join(dir, "assay", "cuda"))}
}

// keyOf names a compilation: everything that machine code depends on.
func keyOf(source string, options []string, device, compiler string) string {
	h := sha256.New()
	for _, part := range append([]string{"1", source, device, compiler}, options...) {
		fmt.Fprintf(h, "%d:%s", len(part), part)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// codeFile is the name of a key's machine code in the cache.
func codeFile(key string) string { return key + ".cubin" }

// get returns what was put under key, if it is there and whole.
func (c cache) get(key string) ([]byte, bool) {
	path, ok := c.dir.Find(codeFile(key))
	if !ok {
		return nil, false
	}
	data, err := regular.Read(path, 1<<30)
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
	if c.dir.Make() != nil {
		return
	}
	f, err := os.CreateTemp(string(c.dir), compilecache.NewName)
	if err != nil {
		return
	}
	sum := sha256.Sum256(image)
	_, err = f.Write(append(sum[:], image...))
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err == nil {
		_, err = c.dir.Add(f.Name(), codeFile(key))
	}
	if err != nil {
		_ = os.Remove(f.Name())
	}
}

func (c cache) drop(key string) {
	if c.dir != "" {
		_ = os.Remove(c.dir.Path(codeFile(key)))
	}
}
