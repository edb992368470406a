package cuda

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/ebitengine/purego"

	"github.com/assay-bench/assay/metal"
)

// place says where to look for libraries: the machine, or a test's folder.
type place struct {
	root string              // "" or a folder that stands for /
	env  func(string) string // os.Getenv
}

// driverNames and nvrtcNames are file names that the dynamic linker may know.
var (
	driverNames = []string{"libcuda.so.1"}
	nvrtcNames  = []string{"libnvrtc.so.13", "libnvrtc.so.12"}
)

// driverPaths lists candidates for the driver library, the linker's own search first.
func (p place) driverPaths() []string {
	paths := slices.Clone(driverNames)
	for _, dir := range []string{"/usr/local/nvidia/lib64", "/usr/lib/" + triplet(), "/usr/lib64", "/usr/lib/wsl/lib", "/run/opengl-driver/lib"} {
		paths = append(paths, p.glob(dir+"/libcuda.so.1")...)
	}
	return paths
}

// nvrtcPaths lists candidates for NVRTC: the linker's own search, then CUDA
// toolkits, then Python wheels. Within a pattern newer versions come first.
func (p place) nvrtcPaths() []string {
	paths := slices.Clone(nvrtcNames)
	var dirs []string
	for _, name := range []string{"CUDA_HOME", "CUDA_PATH"} {
		if v := p.env(name); v != "" {
			dirs = append(dirs, v+"/lib64", v+"/lib")
		}
	}
	dirs = append(dirs, "/usr/local/cuda/lib64", "/usr/local/cuda-*/lib64", "/usr/local/cuda*/targets/*/lib", "/opt/cuda/lib64", "/usr/lib/"+triplet(), "/usr/lib64")
	if v := p.env("VIRTUAL_ENV"); v != "" {
		dirs = append(dirs, sitePackages(v)...)
	}
	for _, prefix := range []string{"/usr", "/usr/local", "/opt/*", "/opt/*/.venv", "/root/.local", p.env("HOME") + "/.local"} {
		dirs = append(dirs, sitePackages(prefix)...)
	}
	for _, dir := range dirs {
		paths = append(paths, p.glob(dir+"/libnvrtc.so.1[0-9]*")...)
	}
	return paths
}

// sitePackages lists where wheels of NVRTC put it under a Python prefix.
func sitePackages(prefix string) []string {
	var dirs []string
	for _, site := range []string{"/lib/python3*/site-packages", "/lib/python3*/dist-packages", "/lib/python3/dist-packages"} {
		dirs = append(dirs, prefix+site+"/nvidia/cu1[0-9]/lib", prefix+site+"/nvidia/cuda_nvrtc/lib")
	}
	return dirs
}

// glob lists matches, the last in name order (the newest version) first,
// leaving out NVRTC's alternative and builtins libraries.
func (p place) glob(pattern string) []string {
	found, err := filepath.Glob(p.root + pattern)
	if err != nil {
		return nil
	}
	found = slices.DeleteFunc(found, func(f string) bool { return strings.Contains(filepath.Base(f), ".alt.") })
	slices.Reverse(found)
	return found
}

func triplet() string {
	if runtime.GOARCH == "arm64" {
		return "aarch64-linux-gnu"
	}
	return "x86_64-linux-gnu"
}

// load opens the first library of paths that has every symbol of table.
func load(table any, what, fix string, paths []string) (string, error) {
	if runtime.GOOS != "linux" {
		return "", fmt.Errorf("cuda: %w: only Linux is supported, this is %s", metal.ErrUnavailable, runtime.GOOS)
	}
	var reasons []error
	for _, path := range paths {
		handle, err := purego.Dlopen(path, purego.RTLD_NOW|purego.RTLD_GLOBAL)
		if err == nil {
			err = bind(table, func(name string) (uintptr, error) { return purego.Dlsym(handle, name) })
		}
		if err == nil {
			return path, nil
		}
		if !strings.HasPrefix(err.Error(), path+":") { // as the linker's own errors do
			err = fmt.Errorf("%s: %w", path, err)
		}
		reasons = append(reasons, err)
	}
	return "", fmt.Errorf("cuda: %w: %s was not found; %s. Tried:\n%w", metal.ErrUnavailable, what, fix, errors.Join(reasons...))
}

func machine() place { return place{env: os.Getenv} }
