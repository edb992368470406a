package kernels

import (
	"encoding/binary"
	"fmt"

	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/dtype"
	"github.com/assay-bench/assay/metal/quant"
)

// Weights are quantized matrices W[Experts,N,K] on a device.
type Weights struct {
	Packed, Scales, Biases metal.Arg
	Experts, N, K          int
	quant.Format           // its type is that of the activations used with them, too
}

// Plane is where one of the format's planes lies.
func (w *Weights) Plane(p quant.Plane) *metal.Arg {
	return [...]*metal.Arg{&w.Packed, &w.Scales, &w.Biases}[p]
}

// NewWeights copies a tensor to the device, a buffer for each plane.
func NewWeights(dev metal.Device, t *quant.Tensor) (Weights, error) {
	if err := t.Check(); err != nil {
		return Weights{}, err
	}
	return newWeights(dev, t.Format, t.Experts, t.N, t.K, func(p quant.Plane, buf metal.Buffer) error {
		return buf.Write(0, *t.Plane(p))
	})
}

// newWeights makes a buffer for each plane and has fill write it.
func newWeights(dev metal.Device, f quant.Format, experts, n, k int, fill func(quant.Plane, metal.Buffer) error) (Weights, error) {
	w := Weights{Experts: experts, N: n, K: k, Format: f}
	for _, p := range f.Planes() {
		buf, err := dev.NewBuffer(experts * n * f.PlaneBytes(p, k))
		if err == nil {
			w.Plane(p).Buffer = buf
			err = fill(p, buf)
		}
		if err != nil {
			w.Release()
			return Weights{}, fmt.Errorf("weights [%d,%d,%d] %s: %w", experts, n, k, f, err)
		}
	}
	return w, nil
}

// Release frees the buffers.
func (w Weights) Release() {
	for _, p := range w.Planes() {
		if a := w.Plane(p); a.Buffer != nil {
			a.Buffer.Release()
		}
	}
}

// Bytes of all the weights.
func (w Weights) Bytes() int { return w.Experts * w.N * w.RowBytes(w.K) }

// Expert is matrix e alone, in the same buffers.
func (w Weights) Expert(e int) Weights {
	return w.Rows(e*w.N, w.N)
}

// Rows is one matrix of n rows from row first on, counted over all experts, in
// the same buffers.
func (w Weights) Rows(first, n int) Weights {
	for _, p := range w.Planes() {
		w.Plane(p).Offset += first * w.PlaneBytes(p, w.K)
	}
	w.Experts, w.N = 1, n
	return w
}

// NewBuffer makes a zeroed buffer for n elements of a type.
func NewBuffer(dev metal.Device, dt dtype.DType, n int) (metal.Arg, error) {
	buf, err := dev.NewBuffer(n * dt.Size())
	if err != nil {
		return metal.Arg{}, fmt.Errorf("buffer of %d %s: %w", n, dt, err)
	}
	return metal.Arg{Buffer: buf}, nil
}

// Upload copies values, rounded to dt, to a new buffer.
func Upload(dev metal.Device, dt dtype.DType, values []float32) (metal.Arg, error) {
	return UploadBytes(dev, dt.Bytes(values))
}

// UploadUint32 copies indices to a new buffer.
func UploadUint32(dev metal.Device, values []uint32) (metal.Arg, error) {
	data := make([]byte, 0, 4*len(values))
	for _, v := range values {
		data = binary.LittleEndian.AppendUint32(data, v)
	}
	return UploadBytes(dev, data)
}

// UploadBytes copies data to a new buffer.
func UploadBytes(dev metal.Device, data []byte) (metal.Arg, error) {
	if len(data) == 0 {
		return metal.Arg{}, fmt.Errorf("upload: no data")
	}
	buf, err := dev.NewBuffer(len(data))
	if err != nil {
		return metal.Arg{}, fmt.Errorf("upload %d bytes: %w", len(data), err)
	}
	if err := buf.Write(0, data); err != nil {
		buf.Release()
		return metal.Arg{}, fmt.Errorf("upload %d bytes: %w", len(data), err)
	}
	return metal.Arg{Buffer: buf}, nil
}

// Download reads n values of type dt.
func Download(a metal.Arg, dt dtype.DType, n int) ([]float32, error) {
	data, err := download(a, n*dt.Size())
	if err != nil {
		return nil, err
	}
	return dt.Floats(data)
}

// DownloadUint32 reads n indices.
func DownloadUint32(a metal.Arg, n int) ([]uint32, error) {
	data, err := download(a, 4*n)
	if err != nil {
		return nil, err
	}
	out := make([]uint32, n)
	for i := range out {
		out[i] = binary.LittleEndian.Uint32(data[4*i:])
	}
	return out, nil
}

func download(a metal.Arg, bytes int) ([]byte, error) {
	if a.Buffer == nil {
		return nil, fmt.Errorf("download: no buffer")
	}
	data := make([]byte, bytes)
	if err := a.Buffer.Read(a.Offset, data); err != nil {
		return nil, fmt.Errorf("download %d bytes: %w", bytes, err)
	}
	return data, nil
}
