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
	Packed, Scales, Biases     metal.Arg
	Experts, N, K, Bits, Group int
	DType                      dtype.DType // of scales, biases and the activations used with them
}

// NewWeights copies a tensor to the device, three buffers.
func NewWeights(dev metal.Device, t *quant.Tensor) (Weights, error) {
	if err := t.Check(); err != nil {
		return Weights{}, err
	}
	return newWeights(dev, t.Format, t.Experts, t.N, t.K, func(part part, buf metal.Buffer) error {
		return buf.Write(0, [][]byte{t.Packed, t.Scales, t.Biases}[part])
	})
}

type part int

// newWeights makes the three buffers and has fill write each.
func newWeights(dev metal.Device, f quant.Format, experts, n, k int, fill func(part, metal.Buffer) error) (Weights, error) {
	w := Weights{Experts: experts, N: n, K: k, Bits: f.Bits, Group: f.Group, DType: f.DType}
	rows := experts * n
	for p, arg := range []*metal.Arg{&w.Packed, &w.Scales, &w.Biases} {
		size := rows * f.ScaleRowBytes(k)
		if p == 0 {
			size = rows * f.PackedRowBytes(k)
		}
		buf, err := dev.NewBuffer(size)
		if err == nil {
			arg.Buffer = buf
			err = fill(part(p), buf)
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
	for _, a := range []metal.Arg{w.Packed, w.Scales, w.Biases} {
		if a.Buffer != nil {
			a.Buffer.Release()
		}
	}
}

// Bytes of all the weights.
func (w Weights) Bytes() int { return w.Experts * w.N * w.Format().RowBytes(w.K) }

// Expert is matrix e alone, in the same buffers.
func (w Weights) Expert(e int) Weights {
	f := w.Format()
	w.Packed.Offset += e * w.N * f.PackedRowBytes(w.K)
	w.Scales.Offset += e * w.N * f.ScaleRowBytes(w.K)
	w.Biases.Offset += e * w.N * f.ScaleRowBytes(w.K)
	w.Experts = 1
	return w
}

// At is an argument: a buffer from a byte offset on.
func At(buf metal.Buffer, offset int) metal.Arg { return metal.Arg{Buffer: buf, Offset: offset} }

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
