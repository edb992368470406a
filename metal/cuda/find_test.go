package cuda

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/assay-bench/assay/metal"
)

// tree makes empty files under a folder that stands for /.
func tree(t *testing.T, files ...string) string {
	t.Helper()
	root := t.TempDir()
	for _, f := range files {
		if err := os.MkdirAll(filepath.Join(root, filepath.Dir(f)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(root, f), nil, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func TestLibrarySearch(t *testing.T) {
	if runtime.GOARCH != "amd64" {
		t.Skip("the folder names are amd64's")
	}
	root := tree(t,
		"/usr/local/cuda-12.4/lib64/libnvrtc.so.12",
		"/usr/local/cuda-13.0/lib64/libnvrtc.so.13",
		"/usr/local/cuda-13.0/lib64/libnvrtc.alt.so.13",
		"/usr/local/cuda-13.0/lib64/libnvrtc-builtins.so.13.0",
		"/opt/torch/.venv/lib/python3.12/site-packages/nvidia/cu13/lib/libnvrtc.so.13",
		"/home/me/venv/lib/python3.11/site-packages/nvidia/cuda_nvrtc/lib/libnvrtc.so.12",
		"/opt/mine/lib64/libnvrtc.so.13",
		"/usr/lib/x86_64-linux-gnu/libcuda.so.1",
	)
	env := map[string]string{"VIRTUAL_ENV": "/home/me/venv", "CUDA_HOME": "/opt/mine"}
	p := place{root: root, env: func(name string) string { return env[name] }}
	strip := func(paths []string) (out []string) {
		for _, f := range paths {
			out = append(out, strings.TrimPrefix(f, root))
		}
		return out
	}
	want := []string{
		"libnvrtc.so.13", "libnvrtc.so.12",
		"/opt/mine/lib64/libnvrtc.so.13",
		"/usr/local/cuda-13.0/lib64/libnvrtc.so.13",
		"/usr/local/cuda-12.4/lib64/libnvrtc.so.12",
		"/home/me/venv/lib/python3.11/site-packages/nvidia/cuda_nvrtc/lib/libnvrtc.so.12",
		"/opt/torch/.venv/lib/python3.12/site-packages/nvidia/cu13/lib/libnvrtc.so.13",
	}
	if diff := cmp.Diff(want, strip(p.nvrtcPaths())); diff != "" {
		t.Errorf("NVRTC (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"libcuda.so.1", "/usr/lib/x86_64-linux-gnu/libcuda.so.1"}, strip(p.driverPaths())); diff != "" {
		t.Errorf("driver (-want +got):\n%s", diff)
	}
}

func TestMissingLibraryMessage(t *testing.T) {
	var table nvrtc
	_, err := load(&table, "NVRTC", "install it", []string{"libno-such-thing.so.1", "/no/such/libnvrtc.so"})
	if !errors.Is(err, metal.ErrUnavailable) {
		t.Fatalf("got %v, want ErrUnavailable", err)
	}
	wants := []string{"NVRTC was not found", "install it", "libno-such-thing.so.1", "/no/such/libnvrtc.so"}
	if runtime.GOOS != "linux" {
		wants = []string{runtime.GOOS}
	}
	for _, want := range wants {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("message lacks %q: %v", want, err)
		}
	}
}

func TestBindNamesTheMissingSymbol(t *testing.T) {
	var d driver
	err := bind(&d, func(name string) (uintptr, error) {
		if name == "cuGraphLaunch" {
			return 0, errors.New("not there")
		}
		return 7, nil
	})
	if err == nil || !strings.Contains(err.Error(), "cuGraphLaunch") || d.Init != 7 {
		t.Errorf("got %v, Init %d", err, d.Init)
	}
}

func TestBindTakesNothingFromALibraryBefore(t *testing.T) {
	d := driver{CoredumpSetAttribute: 7}
	err := bind(&d, func(name string) (uintptr, error) {
		if name == "cuCoredumpSetAttributeGlobal" {
			return 0, errors.New("not there")
		}
		return 8, nil
	})
	if err != nil || d.CoredumpSetAttribute != 0 || d.Init != 8 {
		t.Errorf("got %v, optional symbol %d, Init %d", err, d.CoredumpSetAttribute, d.Init)
	}
}

func TestOpenWithoutGPU(t *testing.T) {
	dev, err := Open(Options{})
	if err == nil {
		dev.Close()
		t.Skip("the test opens a GPU where there is none; this machine has one")
	}
	if !errors.Is(err, metal.ErrUnavailable) || !strings.HasPrefix(err.Error(), "cuda: ") {
		t.Errorf("got %v, want ErrUnavailable that begins with cuda:", err)
	}
}
