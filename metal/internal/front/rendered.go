package front

import (
	"errors"
	"fmt"

	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/internal/near"
	"github.com/assay-bench/assay/metal/msl"
)

// A Renderer compiles a kernel of a source for some function constants, with what
// it needs of the source and no more.
type Renderer func(unit *msl.Unit, k *msl.Kernel, constants map[int]any) (Kernel, error)

// Rendered is the library of a kind that compiles what package msl makes of a
// source, a kernel when it is looked up.
func Rendered(src metal.Source, kernel Renderer) (Library, error) {
	unit, err := msl.Parse(src.Name, src.Text, src.Defines)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", metal.ErrCompile, err)
	}
	return &rendered{unit, kernel}, nil
}

type rendered struct {
	unit   *msl.Unit
	kernel Renderer
}

func (l *rendered) Names() []string { return l.unit.Names() }

func (l *rendered) Kernel(name string, constants map[int]any) (Kernel, error) {
	k, ok := l.unit.Kernel(name)
	if !ok {
		return nil, near.NoKernel(l.unit.File, name, l.unit.Names())
	}
	if err := l.unit.Check(k, constants); err != nil {
		return nil, fmt.Errorf("%w: %w", metal.ErrCompile, err)
	}
	own, err := l.kernel(l.unit, k, constants)
	if errors.Is(err, metal.ErrCompile) {
		err = fmt.Errorf("%w%s", err, l.unit.LeftOut(k))
	}
	return own, err
}
