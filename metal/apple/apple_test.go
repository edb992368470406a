package apple

import (
	"errors"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/assay-bench/assay/metal"
)

func TestOpenElsewhere(t *testing.T) {
	dev, err := Open(Options{})
	if err == nil {
		dev.Close()
		t.Skip("the test opens an Apple GPU where there is none; this machine has one")
	}
	if !errors.Is(err, metal.ErrUnavailable) {
		t.Fatalf("got %v, want ErrUnavailable", err)
	}
	if runtime.GOOS != "darwin" && !strings.Contains(err.Error(), runtime.GOOS) {
		t.Errorf("message does not say what this machine is: %v", err)
	}
}

func TestCommandBufferErrors(t *testing.T) {
	for code, c := range map[int]struct {
		is   error
		lost bool
	}{
		1: {metal.ErrFault, false}, 2: {metal.ErrTimeout, false}, 3: {metal.ErrFault, false},
		4: {metal.ErrLost, true}, 8: {metal.ErrOutOfMemory, false}, 11: {metal.ErrLost, true}, 12: {metal.ErrFault, false},
	} {
		err, lost := bufferFailure(code, "text of the system", []string{"b", "a", "b"})
		if !errors.Is(err, c.is) || lost != c.lost {
			t.Errorf("code %d: got %v, lost %t, want %v, %t", code, err, lost, c.is, c.lost)
		}
		if !strings.Contains(err.Error(), "[a b]") || !strings.Contains(err.Error(), "text of the system") {
			t.Errorf("code %d: %v lacks the kernels or the system's text", code, err)
		}
	}
}

// The driver's own names, which come in the text, tell what the code does not.
func TestCommandBufferErrorsByName(t *testing.T) {
	for name, c := range map[string]struct {
		is     error
		lost   bool
		blamed bool
		says   string
	}{
		"Caused GPU Address Fault Error (0000000b:kIOGPUCommandBufferCallbackErrorPageFault)":                            {metal.ErrFault, false, true, "PageFault"},
		"Caused GPU Hang Error (00000003:kIOGPUCommandBufferCallbackErrorHang)":                                          {metal.ErrTimeout, false, true, "Hang"},
		"Caused GPU Timeout Error (00000002:kIOGPUCommandBufferCallbackErrorTimeout)":                                    {metal.ErrTimeout, false, true, "Timeout"},
		"Impacting Interactivity (0000000e:kIOGPUCommandBufferCallbackErrorImpactingInteractivity)":                      {metal.ErrTimeout, false, true, "smaller shape"},
		"Insufficient Memory (00000008:kIOGPUCommandBufferCallbackErrorOutOfMemory)":                                     {metal.ErrOutOfMemory, false, true, "Memory"},
		"Discarded (victim of GPU error/recovery) (00000005:kIOGPUCommandBufferCallbackErrorInnocentVictim)":             {metal.ErrLost, true, false, "victim"},
		"Ignored (for causing prior/excessive GPU errors) (00000004:kIOGPUCommandBufferCallbackErrorSubmissionsIgnored)": {metal.ErrLost, true, true, "Ignored"},
	} {
		err, lost := bufferFailure(1, name, []string{"slow"})
		if !errors.Is(err, c.is) || lost != c.lost || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: got %v, lost %t, want %v, %t", name, err, lost, c.is, c.lost)
		}
		if blamed := strings.Contains(err.Error(), "kernel slow"); blamed != c.blamed {
			t.Errorf("%s: kernel blamed %t, want %t: %v", name, blamed, c.blamed, err)
		}
	}
}

func TestFamily(t *testing.T) {
	supports := func(newest int) func(int) bool {
		return func(f int) bool { return f >= 1001 && f <= newest }
	}
	for newest, want := range map[int]string{1007: "apple7", 1009: "apple9", 1000: ""} {
		if got := family(supports(newest)); got != want {
			t.Errorf("newest %d: %q, want %q", newest, got, want)
		}
	}
}

func TestLanguageOfSystem(t *testing.T) {
	for version, want := range map[string]struct {
		major    int
		language uintptr
	}{
		"14.0": {14, 196609}, "14.7.1": {14, 196609}, "15.1": {15, 196610}, "26.0": {26, 196610},
		"16": {16, 196610}, "13.6": {13, 196609}, "": {0, 196609}, "x.y": {0, 196609},
	} {
		if got := major(version); got != want.major {
			t.Errorf("%q is macOS %d, want %d", version, got, want.major)
		}
		if got := languageVersion(want.major); got != want.language {
			t.Errorf("macOS %d: language %d, want %d", want.major, got, want.language)
		}
	}
}

func TestThermalNames(t *testing.T) {
	for state, want := range map[int]string{0: "nominal", 3: "critical", 4: "unknown", -1: "unknown"} {
		if got := thermalName(state); got != want {
			t.Errorf("state %d: %q, want %q", state, got, want)
		}
	}
}

func TestFunctionConstants(t *testing.T) {
	for _, c := range []struct {
		v    any
		data string
		kind uintptr
	}{
		{true, "\x01", 53}, {false, "\x00", 53}, {int32(-2), "\xfe\xff\xff\xff", 29},
		{uint32(258), "\x02\x01\x00\x00", 33}, {float32(1), "\x00\x00\x80\x3f", 3},
	} {
		data, kind, err := constant(c.v)
		if err != nil || string(data) != c.data || kind != c.kind {
			t.Errorf("%T %v: %q of type %d, %v", c.v, c.v, data, kind, err)
		}
	}
	if _, _, err := constant("x"); err == nil || !strings.Contains(err.Error(), "string") {
		t.Errorf("a string gives %v", err)
	}
}

func TestDefinesComeFirst(t *testing.T) {
	got, err := handed(metal.Source{Name: "k.metal", Text: "first line\n", Defines: map[string]string{"B": "2", "A": "float"}})
	if err != nil {
		t.Fatal(err)
	}
	if want := "#define A float\n#define B 2\n#line 1 \"k.metal\"\nfirst line\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestSourceMustBeText(t *testing.T) {
	for name, text := range map[string]string{"zero byte": "kernel\x00", "half a rune": "// \xe2\x88"} {
		_, err := handed(metal.Source{Name: "k.metal", Text: text})
		if !errors.Is(err, metal.ErrCompile) || !strings.Contains(err.Error(), "k.metal") {
			t.Errorf("%s: got %v, want ErrCompile that names the source", name, err)
		}
	}
	if _, err := handed(metal.Source{Name: "k.metal", Text: "// Σ x·w\n"}); err != nil {
		t.Errorf("UTF-8 is refused: %v", err)
	}
}

func TestLibraryIsAPath(t *testing.T) {
	got, err := handed(metal.Source{Name: "k.metallib", Library: "lib/k.metallib"})
	if err != nil || !filepath.IsAbs(got) || !strings.HasSuffix(got, filepath.Join("lib", "k.metallib")) {
		t.Errorf("got %q, %v", got, err)
	}
	if _, err := handed(metal.Source{Name: "k.metallib", Library: "\xe2\x88.metallib"}); !errors.Is(err, metal.ErrCompile) {
		t.Errorf("a path that is no text: %v", err)
	}
}
