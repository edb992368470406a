package cuda

import (
	"errors"
	"fmt"
	"unsafe"

	"github.com/assay-bench/assay/metal"
)

// Count is how many GPUs the driver shows, which CUDA_VISIBLE_DEVICES limits. It
// takes none of them. On a machine without a driver the error is
// metal.ErrUnavailable.
func Count() (int, error) {
	var cu driver
	if err := cu.load(); err != nil {
		return 0, err
	}
	n, err := cu.count()
	if err != nil {
		return 0, fmt.Errorf("cuda: %w", err)
	}
	return n, nil
}

func (d *driver) load() error {
	_, err := load(d, "the NVIDIA driver (libcuda.so.1)", "install the NVIDIA driver", machine().driverPaths())
	return err
}

// count initialises CUDA and counts the GPUs.
func (d *driver) count() (int, error) {
	if err := d.check("cuInit", d.Init.call(0)); err != nil {
		if !errors.Is(err, metal.ErrUnavailable) {
			err = fmt.Errorf("%w: %w", metal.ErrUnavailable, err)
		}
		return 0, err
	}
	var n int32
	if err := d.check("cuDeviceGetCount", d.DeviceGetCount.call(uintptr(unsafe.Pointer(&n)))); err != nil {
		return 0, err
	}
	return int(n), nil
}

// shown lists n GPUs by number.
func shown(n int) string {
	switch n {
	case 0:
		return "none"
	case 1:
		return "0 alone"
	}
	return fmt.Sprintf("0 to %d", n-1)
}
