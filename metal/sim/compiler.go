package sim

import (
	"bytes"
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/cpu"

	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/internal/compilecache"
	"github.com/assay-bench/assay/metal/msl"
	"github.com/assay-bench/assay/metal/msl/addrcheck"
)

//go:embed runtime/*.cc runtime/*.h
var runtimeFiles embed.FS

// compiler is a C++ compiler of this machine and where it keeps what it makes.
type compiler struct {
	path    string
	version string // its own first line
	clang   bool
	cache   compilecache.Dir
}

// candidates in the order they are tried; the first new enough one serves.
var candidates = []string{
	"clang++", "clang++-21", "clang++-20", "clang++-19", "clang++-18", "clang++-17", "clang++-16",
	"g++", "g++-15", "g++-14", "g++-13", "g++-12", "c++",
}

// Oldest compilers that take what rendered kernels use (std::bit_cast's builtin
// in C++17, sanitizer calls without a runtime).
const oldestClang, oldestGCC = 15, 11

func findCompiler(ctx context.Context, o Options) (*compiler, error) {
	names := candidates
	if o.Compiler != "" {
		names = []string{o.Compiler}
	}
	var tried []string
	for _, name := range names {
		path, err := exec.LookPath(name)
		if err != nil {
			continue
		}
		out, err := exec.CommandContext(ctx, path, "--version").Output()
		if err != nil {
			tried = append(tried, fmt.Sprintf("%s: %v", path, err))
			continue
		}
		c := &compiler{path: path, cache: compilecache.Dir(o.CacheDir), clang: bytes.Contains(out, []byte("clang"))}
		c.version, _, _ = strings.Cut(strings.TrimSpace(string(out)), "\n")
		oldest := oldestGCC
		if c.clang {
			oldest = oldestClang
		}
		if v := major(c.version); v < oldest {
			tried = append(tried, fmt.Sprintf("%s is version %d, want %d", path, v, oldest))
			continue
		}
		return c, nil
	}
	if ctx.Err() != nil { // and not the compilers' fault
		return nil, fmt.Errorf("sim: look for a C++ compiler: %w", ctx.Err())
	}
	return nil, fmt.Errorf("sim: %w: no C++ compiler (clang++ %d or g++ %d, or newer); install one (apt install g++, or xcode-select --install)%s",
		metal.ErrUnavailable, oldestClang, oldestGCC, strings.Join(append([]string{""}, tried...), "; "))
}

var versionNumber = regexp.MustCompile(`(\d+)\.\d+`)

// major is the first number of a version line such as "g++ (Debian 12.2.0-14) 12.2.0".
func major(line string) int {
	m := versionNumber.FindStringSubmatch(line)
	if m == nil {
		return 0
	}
	n, _ := strconv.Atoi(m[1])
	return n
}

// target are the instructions to compile for: fused multiply-add and float16
// conversions are calls without them.
func target() []string {
	if runtime.GOARCH == "amd64" && cpu.X86.HasAVX2 && cpu.X86.HasFMA {
		return []string{"-mavx2", "-mfma", "-mf16c"}
	}
	return nil
}

// instrumented makes the compiler call the runtime before every access to
// memory and when an index leaves an array of known size.
func (c *compiler) instrumented() []string {
	flags := []string{"-fsanitize=kernel-address", "-fsanitize=bounds", "-fno-sanitize-recover=bounds"}
	for _, p := range []string{"asan-instrumentation-with-call-threshold=0", "asan-stack=0", "asan-globals=0"} {
		if c.clang {
			flags = append(flags, "-mllvm", "-"+p)
		} else {
			flags = append(flags, "--param", p)
		}
	}
	return flags
}

// runtime builds the child's program.
func (c *compiler) runtime(ctx context.Context) (string, error) {
	flags := []string{"-std=c++17", "-O2", "-fno-omit-frame-pointer", "-pthread", "-rdynamic"}
	files := map[string]string{"assay_runtime.h": "#pragma once\n" + msl.HostRuntimeHeader(), "flags": strings.Join(flags, " ")}
	entries, err := runtimeFiles.ReadDir("runtime")
	if err != nil {
		return "", fmt.Errorf("sim runtime: %w", err)
	}
	var sources []string
	for _, e := range entries {
		text, err := runtimeFiles.ReadFile("runtime/" + e.Name())
		if err != nil {
			return "", fmt.Errorf("sim runtime: %w", err)
		}
		files[e.Name()] = string(text)
		if strings.HasSuffix(e.Name(), ".cc") {
			sources = append(sources, e.Name())
		}
	}
	return c.build(ctx, []string{"runtime"}, files, func(run func(args ...string) error) error {
		args := append(slices.Clone(flags), sources...)
		return run(append(args, "-o", "out", "-ldl")...)
	})
}

// oldestSpaces is the first clang that can check address spaces (package addrcheck),
// oldestAIR the first that reads the bitcode of Apple's compiler.
const oldestSpaces, oldestAIR = 16, 16

// spaces says why address spaces are not checked, or nothing.
func (c *compiler) spaces() string {
	if !c.clang || major(c.version) < oldestSpaces {
		return fmt.Sprintf("not checked: that needs clang %d or newer (apt-get install clang-%d)", oldestSpaces, oldestSpaces)
	}
	return ""
}

// kernelFlags are those that every kernel is compiled with.
func (c *compiler) kernelFlags() []string {
	flags := slices.Concat(msl.HostFlags(), target(), c.instrumented(), []string{"-O1", "-fPIC", "-fno-omit-frame-pointer", "-fvisibility=hidden", "-w",
		"-fno-finite-loops"}) // a loop that never ends and does nothing else stays one
	if runtime.GOOS == "linux" {
		flags = append(flags, "-fstack-clash-protection") // a large frame does not step over its stack's guard page
	}
	return flags
}

// linked are the arguments that make a kernel's shared object of object files.
func linked(objects ...string) []string {
	link := slices.Concat([]string{"-shared", "-fPIC"}, objects, []string{"-o", "out"})
	if runtime.GOOS == "darwin" {
		link = append(link, "-undefined", "dynamic_lookup")
	}
	return link
}

// kernel compiles a kernel's rendered source into a shared object. With check, what
// mixes address spaces up is refused; that runs beside the compilation, and what is
// in the cache has passed.
func (c *compiler) kernel(ctx context.Context, u *msl.Unit, k *msl.Kernel, source string, check bool) (string, error) {
	flags := append(c.kernelFlags(), "-g")
	if c.clang {
		flags = append(flags, "-ferror-limit=20", "-fno-strict-float-cast-overflow") // floats that an integer does not hold saturate
	} else {
		flags = append(flags, "-fmax-errors=20")
	}
	link := linked("kernels.o")
	check = check && c.spaces() == ""
	files := map[string]string{"kernels.cc": source, "flags": fmt.Sprintf("%s check=%t", strings.Join(slices.Concat(flags, link), " "), check)}
	return c.build(ctx, u.Files, files, func(run func(args ...string) error) error {
		both, cancel := context.WithCancel(ctx)
		defer cancel()
		checked := make(chan error, 1)
		go func() {
			if check {
				checked <- addrcheck.Certain(both, c.path, u, msl.Options{Kernels: []string{k.Name}})
			}
			close(checked)
		}()
		if err := run(append(flags, "-c", "kernels.cc", "-o", "kernels.o")...); err != nil {
			cancel()
			for range checked { // until the check has ended
			}
			return err
		}
		if err := <-checked; err != nil {
			return err
		}
		return run(link...)
	})
}

// build runs a compilation in a fresh folder, once per content: what is in the
// files, the compiler and its version name the result in the cache. Messages
// are about the sources, of which the first gives errors their name.
func (c *compiler) build(ctx context.Context, sources []string, files map[string]string, compile func(run func(args ...string) error) error) (string, error) {
	h := sha256.New()
	fmt.Fprintf(h, "1\n%s\n%s\n%s\n", c.path, c.version, strings.Join(target(), " "))
	names := make([]string, 0, len(files))
	for name := range files {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		fmt.Fprintf(h, "%s %d\n%s", name, len(files[name]), files[name])
	}
	key := hex.EncodeToString(h.Sum(nil))
	if path, ok := c.cache.Find(key); ok {
		return path, nil
	}
	if err := c.cache.Make(); err != nil {
		return "", fmt.Errorf("sim: %w", err)
	}
	dir, err := os.MkdirTemp(string(c.cache), compilecache.NewName)
	if err != nil {
		return "", fmt.Errorf("sim: compile cache: %w", err)
	}
	defer os.RemoveAll(dir)
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			return "", fmt.Errorf("sim: compile cache: %w", err)
		}
	}
	if err := compile(func(args ...string) error { return c.run(ctx, sources, dir, args) }); err != nil {
		return "", err
	}
	path, err := c.cache.Add(filepath.Join(dir, "out"), key)
	if err != nil {
		return "", fmt.Errorf("sim: %w", err)
	}
	return path, nil
}

func (c *compiler) run(ctx context.Context, sources []string, dir string, args []string) error {
	what := sources[0]
	cmd := exec.CommandContext(ctx, c.path, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "LC_ALL=C")
	cmd.WaitDelay = time.Second // when ctx ends: the compiler's own children hold its output open
	out, err := cmd.CombinedOutput()
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return fmt.Errorf("%s: compile: %w", what, ctx.Err())
	}
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		return fmt.Errorf("%s: %s: %w", what, c.path, err)
	}
	return fmt.Errorf("%s: %w:\n%s", what, metal.ErrCompile, relevant(string(out), sources))
}
