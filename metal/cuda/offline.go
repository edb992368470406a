package cuda

import (
	"context"

	"github.com/assay-bench/assay/metal/msl"
)

// Offline is the compiler of CUDA devices, without a device: for those who ask
// whether a source compiles where there is no GPU.
type Offline struct{ compiler *compiler }

// OpenOffline finds NVRTC where Open finds it and compiles for a compute capability
// (major·10+minor). Without NVRTC the error is metal.ErrUnavailable.
func OpenOffline(capability int) (*Offline, error) {
	c, err := openCompiler(machine(), capability)
	if err != nil {
		return nil, err
	}
	return &Offline{c}, nil
}

// Compile makes machine code of a kernel and drops it.
func (o *Offline) Compile(ctx context.Context, unit *msl.Unit, kernel string, constants map[int]any) error {
	source, options, err := render(unit, kernel, constants, o.compiler.arch)
	if err != nil {
		return err
	}
	_, err = o.compiler.compile(ctx, unit.File, source, options)
	return err
}
