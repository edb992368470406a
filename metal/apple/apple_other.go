//go:build !(darwin && arm64)

package apple

import (
	"fmt"
	"runtime"

	"github.com/assay-bench/assay/metal"
)

// Open says why there is no Metal here.
func Open(Options) (metal.Device, error) { return nil, elsewhere() }

// Count says why there is none here.
func Count() (int, error) { return 0, elsewhere() }

// SystemConditions says why they are not known here.
func SystemConditions() (Conditions, error) { return Conditions{}, elsewhere() }

func elsewhere() error {
	return fmt.Errorf("apple: %w: Metal needs a Mac with Apple silicon, this is %s/%s", metal.ErrUnavailable, runtime.GOOS, runtime.GOARCH)
}
