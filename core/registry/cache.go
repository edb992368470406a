package registry

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/assay-bench/assay/core/internal/atomicfile"
)

// cache remembers digests and descriptions of binaries by path, size and time
// of change, so that every command does not read and run every plugin. It is
// no authority: the digest is checked once more right before a plugin runs. A
// cache that cannot be read or written is an empty one.
type cache struct {
	path    string // empty: nowhere to keep it
	Entries map[string]cached
	dirty   bool
}

type cached struct {
	Size     int64
	Changed  time.Time
	SHA256   string
	Describe json.RawMessage
}

func openCache(getenv func(string) string) *cache {
	c := &cache{Entries: map[string]cached{}}
	switch {
	case getenv("XDG_CACHE_HOME") != "":
		c.path = filepath.Join(getenv("XDG_CACHE_HOME"), "assay", "plugins.json")
	case getenv("HOME") != "":
		c.path = filepath.Join(getenv("HOME"), ".cache", "assay", "plugins.json")
	default:
		return c
	}
	data, err := atomicfile.Read(c.path)
	if err != nil || json.Unmarshal(data, c) != nil || c.Entries == nil {
		c.Entries = map[string]cached{}
	}
	return c
}

func (c *cache) find(path string, info fs.FileInfo) cached {
	e, ok := c.Entries[path]
	if !ok || e.Size != info.Size() || !e.Changed.Equal(info.ModTime()) {
		return cached{}
	}
	return e
}

func (c *cache) keep(path string, info fs.FileInfo, e cached) {
	if old := c.find(path, info); old.SHA256 == e.SHA256 {
		return
	}
	e.Size, e.Changed = info.Size(), info.ModTime()
	c.Entries[path] = e
	c.dirty = true
}

// save forgets binaries that are gone.
func (c *cache) save() {
	if !c.dirty || c.path == "" {
		return
	}
	for path := range c.Entries {
		if _, err := os.Stat(path); err != nil {
			delete(c.Entries, path)
		}
	}
	data, err := json.Marshal(c)
	if err != nil {
		return
	}
	_ = writeFile(c.path, data)
}

// writeFile replaces a file whole, and makes its folder.
func writeFile(path string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return atomicfile.Write(path, data)
}
