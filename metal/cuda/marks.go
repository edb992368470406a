package cuda

import (
	"os"
	"path/filepath"
	"time"
)

// Beside the machine code of a source whose kernel faulted or hung lies a mark, an
// empty file that says so. See lines.go for what it is for.

// faultKept is how long a source is remembered to have gone wrong.
const faultKept = time.Hour

// markFault remembers that a kernel of that compilation went wrong.
func (c cache) markFault(key string) {
	if c.dir.Make() == nil {
		_ = os.WriteFile(c.faultPath(key), nil, 0o600)
	}
}

// faultedLately reports whether any did and is remembered, and forgets old ones.
func (c cache) faultedLately() bool {
	if c.dir == "" {
		return false
	}
	marks, _ := filepath.Glob(c.faultPath("*"))
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

func (c cache) faultPath(key string) string { return c.dir.Path(key + ".fault") }
