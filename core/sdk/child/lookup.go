package child

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sort"
	"strings"

	"github.com/assay-bench/assay/core/sdk/wire"
)

// Environ is the plugin's environment without what the host set for the plugin
// alone, and with add on top.
func Environ(add map[string]string) []string {
	values := map[string]string{}
	for _, entry := range os.Environ() {
		if name, value, ok := strings.Cut(entry, "="); ok && !ofPlugin(name) {
			values[name] = value
		}
	}
	for name, value := range add {
		values[name] = value
	}
	out := make([]string, 0, len(values))
	for name, value := range values {
		out = append(out, name+"="+value)
	}
	sort.Strings(out)
	return out
}

func ofPlugin(name string) bool {
	switch name {
	case wire.EnvLifeline, wire.EnvLogLevel, wire.CookieKey, "GOTRACEBACK":
		return true
	}
	return strings.HasPrefix(name, "PLUGIN_")
}

// lookup finds argv[0]: a name with a slash is a path, relative to dir; any
// other is looked for in the PATH of env, where entries that are not absolute
// are passed over.
func lookup(argv []string, dir string, env []string) (string, error) {
	if len(argv) == 0 || argv[0] == "" {
		return "", errors.New("argv is empty: its first element is the program")
	}
	name := argv[0]
	if strings.Contains(name, "/") {
		path := name
		if !filepath.IsAbs(path) {
			path = filepath.Join(dir, path)
		}
		path, err := filepath.Abs(path) // exec takes a relative path from the child's folder
		if err != nil {
			return "", fmt.Errorf("%s: %w", name, err)
		}
		if err := executable(path); err != nil {
			return "", fmt.Errorf("%s: %w", name, err)
		}
		return path, nil
	}
	search := ""
	for _, entry := range env {
		if value, ok := strings.CutPrefix(entry, "PATH="); ok {
			search = value
		}
	}
	for _, folder := range filepath.SplitList(search) {
		path := filepath.Join(folder, name)
		if filepath.IsAbs(folder) && executable(path) == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("%s: not found in PATH, which is %q: install it, set PATH in env, or write a path with a slash", name, search)
}

func executable(path string) error {
	info, err := os.Stat(path)
	var bad *fs.PathError
	switch {
	case errors.As(err, &bad):
		return bad.Err
	case err != nil:
		return err
	case info.IsDir():
		return errors.New("it is a folder")
	case info.Mode()&0o111 == 0:
		return errors.New("it is not executable: chmod +x")
	}
	return nil
}
