package registry

import (
	"os"
	"path/filepath"
)

// folders in the order in which they are looked through: those asked for, the
// project's, the user's, and the one beside the running binary.
func folders(o Options) []string {
	dirs := append([]string{}, o.Dirs...)
	dirs = append(dirs, filepath.Join(".assay", "plugins"))
	if data := o.Getenv("XDG_DATA_HOME"); data != "" {
		dirs = append(dirs, filepath.Join(data, "assay", "plugins"))
	} else if home := o.Getenv("HOME"); home != "" {
		dirs = append(dirs, filepath.Join(home, ".local", "share", "assay", "plugins"))
	}
	if self, err := os.Executable(); err == nil {
		dirs = append(dirs, filepath.Join(filepath.Dir(self), "plugins"))
	}
	for i, d := range dirs {
		if abs, err := filepath.Abs(d); err == nil {
			dirs[i] = abs
		}
	}
	return dirs
}
