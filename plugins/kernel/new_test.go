package main

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// What is written names every argument with its type, and every guess says so.
func TestNewExperiment(t *testing.T) {
	for name, tt := range map[string]struct {
		args []string
		file string
		want []string
		err  string
	}{
		"a structure": {[]string{"count.metal"}, "count.hcl", []string{
			"buffer \"total\" {\n      dtype  = \"uint32\"\n      shape  = [1024] # TODO\n      output = true", "1,       # TODO: ushort4 step[3]",
		}, ""},
		"one of several": {[]string{"scale.metal", "--kernel", "scale"}, "scale.hcl", []string{"twice = true # TODO: bool", "value = 1.0 # TODO: float", `kernel      = "scale"`}, ""},
		"threadgroup":    {[]string{"-kernel=sum", "scale.metal"}, "sum.hcl", []string{"part = 4096 # TODO: bytes"}, ""},
		"an include":     {[]string{"lib/inner/part.metal", "--include", "lib"}, "part.hcl", []string{"include     = [\"/"}, ""},
		"no include":     {[]string{"lib/inner/part.metal"}, "", nil, "/lib"},
		"a row of each":  {[]string{"rows.metal", "--kernel", "rows"}, "rows.hcl", []string{"threadgroups = [4] #", "shape = [4, 1024] # TODO", "value = 1024 # TODO: uint", "device = var.device", "default     = \"auto\""}, ""},
		"extents":        {[]string{"rows.metal", "--kernel", "product", "-o", "p.hcl"}, "p.hcl", []string{"grid        = [32, 32]", "threadgroup = [32, 8]", "shape = [32, 32] # TODO", "value = 32 # TODO: uint"}, ""},
		"a texture":      {[]string{"rows.metal", "--kernel", "drawn"}, "", nil, "rows.metal:3:19: texture2d: outside the supported compute subset"},
		"which":          {[]string{"scale.metal"}, "", nil, `2 kernels: scale, sum: choose one with --kernel "scale"`},
		"no file":        {nil, "", nil, "one file is needed"},
		"not there":      {[]string{"x.metal"}, "", nil, "no such file"},
		"not a kernel":   {[]string{"exp.metal"}, "", nil, "no kernel"},
		"a flag":         {[]string{"--kernels", "scale.metal"}, "", nil, "[--kernel NAME]"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			for _, file := range []string{"count.metal", "scale.metal"} {
				text, err := os.ReadFile(data(file))
				if err != nil {
					t.Fatal(err)
				}
				if file == "count.metal" {
					text = []byte("#define HOLE 99\n" + string(text))
				}
				if err := os.WriteFile(filepath.Join(dir, file), text, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if err := os.WriteFile(filepath.Join(dir, "exp.metal"), []byte("float f(float x) { return x; }\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			writeProject(t, dir)
			t.Chdir(dir)
			var out strings.Builder
			err := newExperiment(tt.args, &out)
			if tt.err != "" {
				if err == nil || !strings.Contains(err.Error(), tt.err) {
					t.Errorf("%v, want …%s…", err, tt.err)
				}
				return
			}
			text, read := os.ReadFile(tt.file)
			if err != nil || read != nil || !strings.Contains(out.String(), tt.file+" is written from") {
				t.Fatalf("%v, %v, %q", err, read, out.String())
			}
			for _, want := range tt.want {
				if !strings.Contains(string(text), want) {
					t.Errorf("no %q in\n%s", want, text)
				}
			}
			if err := newExperiment(tt.args, &out); err == nil || !strings.Contains(err.Error(), "there already") {
				t.Errorf("a second time: %v", err)
			}
		})
	}
}

// A limit on the size of files stands in for a full disk. It is of a whole process,
// so that the test has one of its own. Nothing is left in the way of another try.
func TestNewOnAFullDisk(t *testing.T) {
	const envFull = "ASSAY_TEST_FULL_DISK"
	source, err := filepath.Abs(data("count.metal"))
	if err != nil {
		t.Fatal(err)
	}
	file := os.Getenv(envFull)
	if file == "" {
		file = filepath.Join(t.TempDir(), "x.hcl")
		cmd := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$")
		cmd.Env = append(os.Environ(), envFull+"="+file)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		if _, err := os.Stat(file); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("something is left: %v", err)
		}
		return
	}
	signal.Ignore(unix.SIGXFSZ)
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_FSIZE, &limit); err != nil {
		t.Fatal(err)
	}
	limit.Cur = 20
	if err := unix.Setrlimit(unix.RLIMIT_FSIZE, &limit); err != nil {
		t.Fatal(err)
	}
	if err := newExperiment([]string{source, "-o", file}, io.Discard); !errors.Is(err, unix.EFBIG) {
		t.Errorf("%v, want that the file is too large", err)
	}
}

func TestNewHelp(t *testing.T) {
	for _, arg := range []string{"-h", "--help"} {
		var out strings.Builder
		if err := newExperiment([]string{arg}, &out); err != nil || out.String() != usage {
			t.Errorf("%s: %v, %q", arg, err, out.String())
		}
	}
}

// writeProject writes a kernel that includes a file by its path from the folder lib.
func writeProject(t *testing.T, dir string) {
	t.Helper()
	inner := filepath.Join(dir, "lib", "inner")
	if err := os.MkdirAll(inner, 0o700); err != nil {
		t.Fatal(err)
	}
	rows := `kernel void rows(device const float *x, device float *y, constant uint &n, uint g [[threadgroup_position_in_grid]]) {}
kernel void product(device const half *x, device half *y, constant uint &m, constant uint &n, uint2 g [[thread_position_in_grid]]) {}
kernel void drawn(texture2d<float> t [[texture(0)]], device float *y) {}
`
	if err := os.WriteFile(filepath.Join(dir, "rows.metal"), []byte(rows), 0o600); err != nil {
		t.Fatal(err)
	}
	for file, text := range map[string]string{
		"part.metal": "#include \"inner/part.h\"\nkernel void part(device REAL *x, uint i [[thread_position_in_grid]]) { x[i] = 1; }\n",
		"part.h":     "#define REAL float\n",
	} {
		if err := os.WriteFile(filepath.Join(inner, file), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
