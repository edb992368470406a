package kernels

import (
	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/quant"
)

// stageBytes is how much host memory RandomWeights uses on devices that do not
// share memory with the host.
const stageBytes = 32 << 20

// RandomWeights makes synthetic weights on a device, the same bytes on every
// device, without a second copy of them in host memory.
func RandomWeights(dev metal.Device, s quant.Synthetic) (Weights, error) {
	if err := s.Check(); err != nil {
		return Weights{}, err
	}
	return newWeights(dev, s.Format, s.Experts, s.N, s.K, func(p quant.Plane, buf metal.Buffer) error {
		if shared := buf.Bytes(); shared != nil {
			s.Fill(p, shared[:buf.Len()], 0)
			return nil
		}
		stage := make([]byte, min(stageBytes, buf.Len()))
		for at := 0; at < buf.Len(); at += len(stage) {
			piece := stage[:min(len(stage), buf.Len()-at)]
			s.Fill(p, piece, at)
			if err := buf.Write(at, piece); err != nil {
				return err
			}
		}
		return nil
	})
}
