package build

import (
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/assay-bench/assay/core/process"
)

// What a build gets of the host's environment beside what plugins get: where
// tools keep their things, and what selects how they compile. The second list is
// part of the cache's key, with CC, CXX and the SDK.
var (
	placeNames = []string{
		"CARGO_HOME", "RUSTUP_HOME", "GOPATH", "GOCACHE", "GOMODCACHE", "GOPROXY", "GONOSUMDB", "GOPRIVATE", "CCACHE_DIR",
		"http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "CONDA_PREFIX", "VIRTUAL_ENV",
	}
	selectNames = []string{
		"CFLAGS", "CPPFLAGS", "CXXFLAGS", "LDFLAGS", "CPATH", "LIBRARY_PATH", "PKG_CONFIG_PATH", "CMAKE_PREFIX_PATH",
		"GOROOT", "GOFLAGS", "GOTOOLCHAIN", "CGO_ENABLED", "RUSTFLAGS", "RUSTUP_TOOLCHAIN",
	}
	keyNames = append([]string{"CC", "CXX", "SDKROOT", "DEVELOPER_DIR", "CUDA_HOME", "CUDA_PATH"}, selectNames...)
)

// environOf is the environment of a build command that runs in dir.
func environOf(host []string, own map[string]string, dir, cache string) []string {
	env := process.AllowedEnv(host)
	for _, entry := range host {
		name, _, _ := strings.Cut(entry, "=")
		if slices.Contains(placeNames, name) || slices.Contains(selectNames, name) {
			env = append(env, entry)
		}
	}
	// A checkout has no .git: git must not take a repository around the cache for it.
	env = append(env, "GIT_CEILING_DIRECTORIES="+cache, "PWD="+dir)
	for name, value := range own {
		env = append(env, name+"="+value)
	}
	return env
}

// lookup is the value of a variable; the last entry counts, as in exec.
func lookup(environ []string, name string) string {
	for _, entry := range slices.Backward(environ) {
		if n, value, _ := strings.Cut(entry, "="); n == name {
			return value
		}
	}
	return ""
}

// find is the path of a program, as the command itself would find it. A name
// with a slash that is not absolute is of the checkout: the path stays as it is.
func find(name string, environ []string) (string, bool) {
	if strings.Contains(name, "/") {
		return name, true
	}
	for _, dir := range filepath.SplitList(lookup(environ, "PATH")) {
		path := filepath.Join(dir, name)
		if info, err := os.Stat(path); filepath.IsAbs(dir) && err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0 {
			return path, true
		}
	}
	return "", false
}
