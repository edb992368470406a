package msl

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestCUDAMatrixLanes runs the CUDA rendering's matrix functions on 32 threads of
// this machine, which exchange values as the lanes of a warp do. A GPU decides
// whether the matrix instruction is as documented; this test decides whether
// lanes are permuted as it documents, with tf32 and without.
func TestCUDAMatrixLanes(t *testing.T) {
	for _, ampere := range []string{"true", "false"} {
		t.Run("ampere="+ampere, func(t *testing.T) { runWarp(t, "#define ASSAY_AMPERE_ "+ampere+"\n") })
	}
}

// runWarp builds the warp's program and runs it.
func runWarp(t *testing.T, define string) {
	compiler, err := exec.LookPath("c++")
	if err != nil {
		compiler, err = exec.LookPath("clang++")
	}
	if err != nil {
		t.Skipf("needs a C++ compiler: %v", err)
	}
	file := func(name string) string {
		text, err := os.ReadFile("testdata/" + name)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	text := define + file("warp.h") + (&Unit{}).swizzleMacros() + prelude("host_begin") +
		"namespace assay_msl {\nnamespace metal {\n" + prelude("early", "convert", "traits", "saturate", "shift", "vector", "math", "cuda_lanes") +
		"inline uint lane_id_() { return warp::lane; }\n}\n}\n" +
		file("warp_mma.h") + "namespace assay_msl {\nnamespace metal {\n" + prelude("matrix", "cuda_matrix") + "}\n}\n" + file("warp_main.cc")
	dir := t.TempDir()
	source, program := filepath.Join(dir, "warp.cc"), filepath.Join(dir, "warp")
	if err := os.WriteFile(source, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	flags := append(HostFlags(), "-O1", "-w", "-pthread", source, "-o", program)
	if out, err := exec.CommandContext(t.Context(), compiler, flags...).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	out, err := exec.CommandContext(t.Context(), program).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	want := "float, half, half into float, bfloat, bfloat into float, mixed, mixed with float, mixed the other way, accuracy"
	if got := strings.ReplaceAll(strings.TrimSuffix(string(out), " 0 wrong\n"), " 0 wrong\n", ", "); got != want {
		t.Errorf("got\n%s\nwant 0 wrong of %s", out, want)
	}
}
