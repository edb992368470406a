// Package addrcheck has clang check the address spaces of Metal kernels, as
// Apple's compiler does and neither a GPU of another make nor the simulator
// can: there device, threadgroup and thread memory are one.
//
// The main path: Find a clang, Check a source. The source is rendered as C++
// with clang's address_space attribute (msl.Unit.AddressSpaces) and compiled
// without generating code. Imported by tests and tools that accept kernels.
//
// What it does not see: values (its vectors and half types are loose), and it
// refuses two things that Metal allows, structures copied whole into or out of
// an address space and member functions qualified with one.
package addrcheck

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strings"

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
	text, err := unit.AddressSpaces(msl.Options{})
	if err != nil {
		return fmt.Errorf("%w: %w", metal.ErrCompile, err)
	}
	// half and a second 16-bit type compute natively, pass and return.
	cmd := exec.CommandContext(ctx, clang, "-x", "c++", "-std=c++17", "-fsyntax-only", "-w", "-ferror-limit=20", "-fno-caret-diagnostics",
		"-Xclang", "-fnative-half-type", "-Xclang", "-fnative-half-arguments-and-returns", "-")
	cmd.Stdin = strings.NewReader(text)
	var out bytes.Buffer
	cmd.Stderr = &out
	err = cmd.Run()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return fmt.Errorf("%s: %w: address spaces:\n%s", src.Name, metal.ErrCompile, strings.ReplaceAll(strings.TrimSpace(out.String()), "assay_msl::", ""))
	}
	if err != nil {
		return fmt.Errorf("%s: %w", clang, err)
	}
	return nil
}
