package cpu

import (
	"testing"

	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/dtype"
	"github.com/assay-bench/assay/metal/kernels"
)

// BenchmarkLaunch is what one dispatch costs beside its kernel, which adds two
// numbers: by the caller's clock, and by the times that the device gives.
func BenchmarkLaunch(b *testing.B) {
	r := newRig(b, Options{Threads: 1})
	y := r.floats(dtype.F32, 0)
	one := []metal.Dispatch{dispatch(r.kernel("add_f32"), kernels.Bytes(kernels.CountParams{N: 1}), buf(y), buf(y), buf(y))}
	p, err := r.dev.Record(one)
	if err != nil {
		b.Fatal(err)
	}
	for name, run := range map[string]func() (metal.Times, error){
		"submit": func() (metal.Times, error) { return r.dev.Submit(b.Context(), one) },
		"replay": func() (metal.Times, error) { return p.Run(b.Context(), 1) },
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			wall := 0.0
			for b.Loop() {
				t, err := run()
				if err != nil {
					b.Fatal(err)
				}
				wall += float64(t.Wall)
			}
			b.ReportMetric(wall/float64(b.N), "wall-ns")
		})
	}
}
