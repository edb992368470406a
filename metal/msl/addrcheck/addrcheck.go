// Package addrcheck has clang check the address spaces of Metal kernels, as
// Apple's compiler does and neither a GPU of another make nor the simulator
// can: there device, threadgroup and thread memory are one.
//
// The main path: Find a clang, Check a source. The source is rendered as C++
// with clang's address_space attribute (msl.Unit.AddressSpaces) and compiled
// without generating code.
//
// What it does not see: values (its vectors and half types are loose). Check
// refuses two things that Metal allows, structures copied whole into or out of
// an address space and member functions qualified with one: it is for sources
// that do without. Certain takes any source, and keeps of clang's errors those
// that Metal's compiler is sure to have too.
//
// Imported by metal/sim.
package addrcheck

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/msl"
)

// ErrNoClang says that there is no clang that knows the half type on this machine.
var ErrNoClang = errors.New("no clang 16 or newer (apt-get install clang-16)")

// Find returns the path of a clang that can check.
func Find() (string, error) {
	for _, name := range []string{"clang++-16", "clang++-17", "clang++-18", "clang++-19", "clang++-20", "clang++-21"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", ErrNoClang
}

// Check reports what clang finds wrong with a source's address spaces. The
// error is metal.ErrCompile with the compiler's lines, which point into the
// source.
func Check(ctx context.Context, clang string, src metal.Source) error {
	unit, err := msl.Parse(src.Name, src.Text, src.Defines)
	if err != nil {
		return fmt.Errorf("%w: %w", metal.ErrCompile, err)
	}
	said, err := compile(ctx, clang, unit, msl.Options{}, 20)
	if err != nil {
		return err
	}
	if said != "" {
		return fmt.Errorf("%s: %w: address spaces:\n%s", src.Name, metal.ErrCompile, said)
	}
	return nil
}

// compile is what clang says about a unit, in the source's words; empty if it
// finds nothing wrong. A limit of 0 is none.
func compile(ctx context.Context, clang string, unit *msl.Unit, o msl.Options, limit int) (string, error) {
	text, err := unit.AddressSpaces(o)
	if err != nil {
		return "", fmt.Errorf("%w: %w", metal.ErrCompile, err)
	}
	// half and a second 16-bit type compute natively, pass and return.
	cmd := exec.CommandContext(ctx, clang, "-x", "c++", "-std=c++17", "-fsyntax-only", "-w", "-ferror-limit="+strconv.Itoa(limit), "-fno-caret-diagnostics",
		"-Xclang", "-fnative-half-type", "-Xclang", "-fnative-half-arguments-and-returns", "-")
	cmd.Env = append(os.Environ(), "LC_ALL=C")
	cmd.WaitDelay = time.Second // when ctx ends: the compiler's own children hold its output open
	cmd.Stdin = strings.NewReader(text)
	var out bytes.Buffer
	cmd.Stderr = &out
	err = cmd.Run()
	if ctx.Err() != nil {
		return "", fmt.Errorf("%s: address spaces: %w", unit.File, ctx.Err())
	}
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return "", fmt.Errorf("%s: %w", clang, err)
	}
	if err != nil {
		return inMetal.Replace(msl.SpaceNames(strings.TrimSpace(out.String()))), nil
	}
	return "", nil
}

// inMetal gives types the names they have in the source.
var inMetal = strings.NewReplacer("assay_msl::metal::", "", "assay_msl::", "", "metal::", "", "_Float16", "half", "__fp16", "bfloat",
	"__attribute__((address_space(1)))", "device", "__attribute__((address_space(2)))", "constant", "__attribute__((address_space(3)))", "threadgroup",
	"address space '1'", "the device address space", "address space '2'", "the constant address space", "address space '3'", "the threadgroup address space",
	"generic address space", "the thread address space")
