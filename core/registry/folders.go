package registry

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// projectFolder is where a project keeps plugins of its own.
var projectFolder = filepath.Join(".assay", "plugins")

// trust is the command that trusts a folder, which it need not name where it is the
// working folder.
func trust(dir string) string {
	if here, err := os.Getwd(); err == nil && here == dir {
		return "assay trust"
	}
	return "assay trust " + quoted(dir)
}

// quoted is a path as a shell takes it.
func quoted(path string) string {
	if strings.ContainsAny(path, " \t\n'\"$&;|<>()*?[]#~\\") {
		return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
	}
	return path
}

// UserFolder is where a user's plugins are installed; empty: the environment does
// not say.
func UserFolder(getenv func(string) string) string {
	if data := getenv("XDG_DATA_HOME"); data != "" {
		return filepath.Join(data, "assay", "plugins")
	} else if home := getenv("HOME"); home != "" {
		return filepath.Join(home, ".local", "share", "assay", "plugins")
	}
	return ""
}

// folders in the order in which they are looked through: those asked for, the
// project's, the user's, and the one beside the running binary, each once. The
// first ones, as many as asked, must exist.
func folders(o Options) (once []string, asked int) {
	dirs := append([]string{}, o.Dirs...)
	dirs = append(dirs, projectFolder)
	if user := UserFolder(o.Getenv); user != "" {
		dirs = append(dirs, user)
	}
	if self, err := os.Executable(); err == nil {
		dirs = append(dirs, filepath.Join(filepath.Dir(self), "plugins"))
	}
	for i, d := range dirs {
		if abs, err := filepath.Abs(d); err == nil {
			d = abs
		}
		if !slices.Contains(once, d) {
			once = append(once, d)
		}
		if i < len(o.Dirs) {
			asked = len(once)
		}
	}
	return once, asked
}
