package cuda

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"unsafe"

	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/msl"
)

// compiler is a loaded NVRTC and the architecture it compiles for.
type compiler struct {
	api     nvrtc
	path    string
	version string // "13.0"
	arch    string // "sm_90", or "compute_90" where NVRTC is older than the GPU
}

func openCompiler(p place, capability int) (*compiler, error) {
	c := &compiler{}
	path, err := load(&c.api, "NVRTC (libnvrtc.so)",
		"install the CUDA toolkit or `pip install nvidia-cuda-nvrtc`, or set CUDA_HOME", p.nvrtcPaths())
	if err != nil {
		return nil, err
	}
	c.path = path
	var major, minor, n int32
	c.api.Version.call(uintptr(unsafe.Pointer(&major)), uintptr(unsafe.Pointer(&minor)))
	c.version = fmt.Sprintf("%d.%d", major, minor)
	c.api.GetNumSupportedArchs.call(uintptr(unsafe.Pointer(&n)))
	supported := make([]int32, max(n, 1))
	c.api.GetSupportedArchs.call(uintptr(unsafe.Pointer(&supported[0])))
	c.arch, err = architecture(capability, supported[:n])
	if err != nil {
		return nil, fmt.Errorf("cuda: NVRTC %s at %s: %w", c.version, c.path, err)
	}
	return c, nil
}

// architecture picks what to compile for, given a GPU's compute capability
// (major·10+minor) and what NVRTC supports: machine code where it can, else
// PTX of the newest older architecture, which the driver compiles.
func architecture(capability int, supported []int32) (string, error) {
	if slices.Contains(supported, int32(capability)) {
		return fmt.Sprintf("sm_%d", capability), nil
	}
	best := int32(0)
	for _, s := range supported {
		if s <= int32(capability) {
			best = max(best, s)
		}
	}
	if best == 0 {
		return "", fmt.Errorf("%w: it does not support compute capability %d.%d", metal.ErrUnavailable, capability/10, capability%10)
	}
	return fmt.Sprintf("compute_%d", best), nil
}

// compile makes machine code (or PTX) of CUDA C++. NVRTC cannot be interrupted:
// when ctx ends first, the compilation is left to end by itself.
func (c *compiler) compile(ctx context.Context, name, source string, options []string) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("compile %s: %w", name, err)
	}
	type outcome struct {
		image []byte
		err   error
	}
	done := make(chan outcome, 1)
	go func() {
		image, err := c.run(name, source, options)
		done <- outcome{image, err}
	}()
	select {
	case o := <-done:
		return o.image, o.err
	case <-ctx.Done():
		return nil, fmt.Errorf("compile %s: %w", name, ctx.Err())
	}
}

func (c *compiler) run(name, source string, options []string) ([]byte, error) {
	var program uintptr
	text, title := cString(source), cString(name)
	if s := c.api.CreateProgram.call(uintptr(unsafe.Pointer(&program)), uintptr(unsafe.Pointer(text)),
		uintptr(unsafe.Pointer(title)), 0, 0, 0); s != 0 {
		return nil, fmt.Errorf("compile %s: nvrtcCreateProgram: status %d", name, s)
	}
	defer c.api.DestroyProgram.call(uintptr(unsafe.Pointer(&program)))

	argv := make([]*byte, len(options))
	for i, o := range options {
		argv[i] = cString(o)
	}
	status := c.api.CompileProgram.call(program, uintptr(len(argv)), uintptr(unsafe.Pointer(&argv[0])))
	runtime.KeepAlive(argv)
	if status != 0 {
		log, err := c.fetch(program, c.api.GetProgramLogSize, c.api.GetProgramLog)
		if err != nil {
			log = []byte("no log")
		}
		return nil, fmt.Errorf("%w: %s", metal.ErrCompile, tidyLog(string(log)))
	}
	if strings.HasPrefix(c.arch, "compute_") {
		return c.fetch(program, c.api.GetPTXSize, c.api.GetPTX)
	}
	return c.fetch(program, c.api.GetCUBINSize, c.api.GetCUBIN)
}

// fetch reads one of a program's outputs.
func (c *compiler) fetch(program uintptr, size, get symbol) ([]byte, error) {
	var n uint64
	if s := size.call(program, uintptr(unsafe.Pointer(&n))); s != 0 || n == 0 {
		return nil, fmt.Errorf("nvrtc output size: status %d", s)
	}
	out := make([]byte, n)
	if s := get.call(program, uintptr(unsafe.Pointer(&out[0]))); s != 0 {
		return nil, fmt.Errorf("nvrtc output: status %d", s)
	}
	return out, nil
}

// tidyLog leaves of NVRTC's log what a reader needs: no warnings, no blank
// lines, at most 40 lines, the Metal file's name alone, types as it names them.
func tidyLog(log string) string {
	log = strings.ReplaceAll(log, msl.EntryFolder, "")
	var lines []string
	skip := false
	for line := range strings.Lines(strings.TrimRight(log, "\x00")) {
		line = strings.TrimRight(line, "\n")
		if strings.Contains(line, ": warning ") || strings.Contains(line, ": remark ") {
			skip = true
		} else if strings.Contains(line, "error") {
			skip = false
		}
		if !skip && strings.TrimSpace(line) != "" {
			lines = append(lines, msl.InSource(line))
		}
	}
	if len(lines) > 40 {
		lines = append(lines[:40], "...")
	}
	return strings.Join(lines, "\n")
}

func cString(s string) *byte {
	b := make([]byte, len(s)+1)
	copy(b, s)
	return &b[0]
}
