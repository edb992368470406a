package sim

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strings"

	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/internal/air"
	"github.com/assay-bench/assay/metal/internal/front"
	"github.com/assay-bench/assay/metal/metallib"
	"github.com/assay-bench/assay/metal/msl"
)

// compiled is a library that Apple's compiler made: each of its kernels is bitcode.
type compiled struct {
	d      *device
	ctx    context.Context
	name   string
	target string // this machine's, as clang calls it
	*metallib.Library
}

// open reads a compiled library's list of kernels.
func (d *device) open(ctx context.Context, src metal.Source) (front.Library, error) {
	if !d.compiler.clang || major(d.compiler.version) < oldestAIR {
		return nil, fmt.Errorf("%s: %w: a compiled Metal library needs clang %d or newer on sim, which has %s (apt-get install clang-%d)",
			src.Name, metal.ErrCompile, oldestAIR, d.compiler.version, oldestAIR)
	}
	target, err := exec.CommandContext(ctx, d.compiler.path, "-dumpmachine").Output()
	if err != nil {
		return nil, fmt.Errorf("%s -dumpmachine: %w", d.compiler.path, err)
	}
	l, err := metallib.Open(src.Library)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", metal.ErrCompile, err)
	}
	d.opened = append(d.opened, l)
	return &compiled{d, ctx, src.Name, strings.TrimSpace(string(target)), l}, nil
}

// Kernel looks a kernel up and compiles it.
func (l *compiled) Kernel(name string, constants map[int]any) (front.Kernel, error) {
	f, err := l.Function(name)
	if err != nil {
		return nil, err
	}
	k, err := f.Kernel()
	if err != nil {
		return nil, fmt.Errorf("%w: %w", metal.ErrCompile, err)
	}
	own := *k
	own.Symbol = air.Symbol
	module, err := l.compile(f.Bitcode, &own, constants)
	if err != nil {
		return nil, fmt.Errorf("%s: kernel %s: %w", l.name, name, err)
	}
	return &kernel{k: &own, module: module, declared: front.ArgumentsOf(nil, &own)}, nil
}

// compile makes a shared object of a kernel's bitcode: of its text, lowered and linked
// with the functions that it calls.
func (l *compiled) compile(code []byte, k *msl.Kernel, constants map[int]any) (string, error) {
	c, ctx, file := l.d.compiler, l.ctx, l.name
	read := []string{"-target", l.target, "-w", "-x", "ir", "kernel.bc", "-S", "-emit-llvm", "-Xclang", "-disable-llvm-passes", "-o", "out"}
	path, err := c.build(ctx, []string{file}, map[string]string{"kernel.bc": string(code), "flags": strings.Join(read, " ")}, func(run func(args ...string) error) error {
		return run(read...)
	})
	if err != nil {
		return "", err
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("sim: compile cache: %w", err)
	}
	lowered, err := air.Lower(string(text), k, constants)
	if err != nil {
		return "", fmt.Errorf("%w: %w", metal.ErrCompile, err)
	}
	library, err := c.airLibrary(ctx)
	if err != nil {
		return "", err
	}
	flags := append(c.kernelFlags(), "-x", "ir")
	link := linked("kernel.o", library)
	files := map[string]string{"kernel.ll": lowered, "flags": strings.Join(append(flags, link...), " ")}
	return c.build(ctx, []string{file}, files, func(run func(args ...string) error) error {
		if err := run(append(flags, "-c", "kernel.ll", "-o", "kernel.o")...); err != nil {
			return err
		}
		return run(link...)
	})
}

// airLibrary compiles the functions that bitcode calls, once.
func (c *compiler) airLibrary(ctx context.Context) (string, error) {
	flags := c.kernelFlags()
	files := map[string]string{"air.cc": air.Library(), "flags": strings.Join(flags, " ")}
	return c.build(ctx, []string{"air.cc"}, files, func(run func(args ...string) error) error {
		return run(append(flags, "-c", "air.cc", "-o", "out")...)
	})
}
