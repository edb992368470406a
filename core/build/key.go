package build

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"
)

// compilers are looked for beside the command itself.
var compilers = []string{"cc", "c++", "clang", "nvcc", "xcrun", "go", "rustc", "cargo", "cmake"}

// tool is a compiler as far as it can be known without running it.
type tool struct {
	Path    string    `json:"path"` // where links lead to
	Size    int64     `json:"size"`
	Changed time.Time `json:"changed"`
}

// inputs are all that a build hangs on, as far as it is known.
type inputs struct {
	Repo    string            `json:"repo"`
	Commit  string            `json:"commit"`
	Command []string          `json:"command"`
	Env     map[string]string `json:"env"`
	Host    map[string]string `json:"host"` // variables of the host's environment
	System  string            `json:"system"`
	Tools   map[string]tool   `json:"tools"`
}

func inputsOf(root, commit string, s Spec, host []string) inputs {
	in := inputs{
		Repo: root, Commit: commit, Command: s.Command, Env: s.Env, Host: map[string]string{},
		System: runtime.GOOS + "/" + runtime.GOARCH, Tools: map[string]tool{},
	}
	for _, name := range keyNames {
		if value := lookup(host, name); value != "" {
			in.Host[name] = value
		}
	}
	env := environOf(host, s.Env, "", "")
	names := append([]string{s.Command[0]}, compilers...)
	for _, chosen := range []string{"CC", "CXX"} { // "ccache clang -m64"
		names = append(names, strings.Fields(lookup(env, chosen))...)
	}
	for _, name := range names {
		path, ok := find(name, env)
		if !ok || !filepath.IsAbs(path) {
			continue
		}
		if end, err := filepath.EvalSymlinks(path); err == nil {
			path = end
		}
		if info, err := os.Stat(path); err == nil {
			in.Tools[name] = tool{path, info.Size(), info.ModTime().UTC()}
		}
	}
	return in
}

// keyOf names a build in the cache.
func keyOf(root, commit string, s Spec, host []string) string {
	if len(s.Env) == 0 {
		s.Env = nil
	}
	b, err := json.Marshal(inputsOf(root, commit, s, host))
	if err != nil {
		panic(err) // strings, numbers and times
	}
	sum := sha256.Sum256(slices.Concat([]byte("assay build 1\n"), b))
	return hex.EncodeToString(sum[:16])
}
