package quant

import (
	"encoding/binary"
	"fmt"
	"math"
	"runtime"
	"slices"
	"sync"
)

// Synthetic describes random weights: uniform codes, and per group a scale, and
// bias where there is one, such as quantizing weights around zero gives. With Scale 1, an input of
// unit mean square gives outputs of about unit variance, so that activations
// stay of order one through a stack of layers.
//
// Every 8 bytes are a function of seed and position alone (splitmix64 used as a
// counter), so the result does not depend on how many threads fill it.
type Synthetic struct {
	Format
	Experts, N, K int
	Seed          uint64
	Scale         float64
}

// Random makes a whole tensor in host memory.
func Random(seed uint64, f Format, experts, n, k int, scale float64) (*Tensor, error) {
	s := Synthetic{Format: f, Experts: experts, N: n, K: k, Seed: seed, Scale: scale}
	if err := s.Check(); err != nil {
		return nil, err
	}
	t, err := New(f, experts, n, k)
	if err != nil {
		return nil, err
	}
	for _, p := range f.Planes() {
		s.Fill(p, *t.Plane(p), 0)
	}
	return t, nil
}

// Check reports a shape, format or scale that cannot be made.
func (s Synthetic) Check() error {
	if err := checkShape(s.Format, s.Experts, s.N, s.K); err != nil {
		return err
	}
	if !(s.Scale > 0) || !s.fits(float32(s.step())) {
		return fmt.Errorf("random weights [%d,%d,%d] %s: scale %g does not fit %s", s.Experts, s.N, s.K, s.Format, s.Scale, s.DType)
	}
	return nil
}

// fits reports whether scales of about step can be stored.
func (s Synthetic) fits(step float32) bool {
	if _, m := s.Minifloats(); m != nil {
		return step >= m.Value(1) && 2*step <= m.Max
	}
	return s.DType.Round(step/2) != 0 && !math.IsInf(float64(s.DType.Round(step)*256), 0)
}

// step is the root mean square of the groups' scales: with it, a weight's mean
// square is Scale²/K.
func (s Synthetic) step() float64 {
	return s.Scale / math.Sqrt(float64(s.K)*s.meanSquare())
}

// meanSquare is that of a weight whose scale is 1. Affine codes are uniform over
// L = 2^bits levels centred half a step beside zero: (L²−1)/12 + 1/4.
func (s Synthetic) meanSquare() float64 {
	code, _ := s.Minifloats()
	if code == nil {
		levels := float64(uint(1) << s.Bits)
		return (levels*levels-1)/12 + 0.25
	}
	var sum float64
	values := code.Values()
	for _, v := range values {
		v = max(-code.Max, min(v, code.Max))
		sum += float64(v) * float64(v)
	}
	return sum / float64(len(values))
}

const (
	gamma = 0x9E3779B97F4A7C15 // splitmix64's increment
	// Filled in pieces of this size, one goroutine each at a time.
	pieceBytes = 1 << 20
	// The scales' stream starts far beyond any code's.
	scaleStream = 0xD1B54A32D192ED03
)

func mix(z uint64) uint64 {
	z = (z ^ z>>30) * 0xBF58476D1CE4E5B9
	z = (z ^ z>>27) * 0x94D049BB133111EB
	return z ^ z>>31
}

// Counted is number i of the sequence of a seed, a function of the two alone:
// splitmix64, used as a counter.
func Counted(seed uint64, i int) uint64 { return mix(seed + uint64(i+1)*gamma) }

// Fill writes a plane from byte offset at on, a multiple of 8, until dst is full.
// A bias is minus 2^(bits-1) scales, the code that MLX gives zero when a group's
// range is about symmetric.
func (s Synthetic) Fill(p Plane, dst []byte, at int) {
	switch p {
	case Codes:
		s.fillCodes(dst, at)
	case Scales:
		if _, m := s.Minifloats(); m != nil {
			s.fillMinifloats(m, dst, at)
			return
		}
		s.fillGroups(dst, at, 1)
	case Biases:
		s.fillGroups(dst, at, -float32(uint(1)<<(s.Bits-1)))
	}
}

func (s Synthetic) fillCodes(dst []byte, at int) {
	numbers := func(codes uint64) uint64 { return codes }
	if m, _ := s.Minifloats(); m != nil && m.Bits() == 8 && m.Value(0x7F) > m.Max {
		numbers = below
	}
	parallel(len(dst), func(lo, hi int) {
		piece := dst[lo:hi]
		state := s.Seed + uint64((at+lo)/8)*gamma
		for len(piece) >= 8 {
			state += gamma
			binary.LittleEndian.PutUint64(piece, numbers(mix(state)))
			piece = piece[8:]
		}
		if len(piece) > 0 {
			var last [8]byte
			binary.LittleEndian.PutUint64(last[:], numbers(mix(state+gamma)))
			copy(piece, last[:])
		}
	})
}

// below makes the pattern of 7 ones, which stands for no number, the one before it.
func below(codes uint64) uint64 {
	const ones = 0x0101010101010101
	return codes &^ ((codes&(0x7F*ones) + ones) >> 7 & ones)
}

func (s Synthetic) fillGroups(dst []byte, at int, factor float32) {
	step := s.step() / math.Sqrt(spreadSquare)
	size := s.DType.Size()
	parallel(len(dst), func(lo, hi int) {
		first := (at + lo) / size
		for i := range (hi - lo) / size {
			r := mix((s.Seed ^ scaleStream) + uint64(first+i+1)*gamma)
			v := float32(step * spread(r))
			if r&1 != 0 {
				v = -v
			}
			// The scale is rounded first: times a power of two it stays exact.
			s.DType.Put(dst[lo:], i, s.DType.Round(v)*factor)
		}
	})
}

// spread makes a factor of 0.75 … 1.25 of a random number; spreadSquare is the mean
// square of it. An affine scale is of either sign, too.
func spread(r uint64) float64 { return 0.75 + float64(r>>11)*0x1p-54 }

const spreadSquare = 49.0 / 48

// fillMinifloats writes scales: a random one is stored as the next smaller or larger
// minifloat, so often that the mean square stays.
func (s Synthetic) fillMinifloats(m *Minifloat, dst []byte, at int) {
	step := s.step() / math.Sqrt(spreadSquare)
	list := m.magnitudes
	parallel(len(dst), func(lo, hi int) {
		for i := lo; i < hi; i++ {
			r := mix((s.Seed ^ scaleStream) + uint64(at+i+1)*gamma)
			v := step * spread(r)
			above, _ := slices.BinarySearch(list, float32(v))
			above = max(1, min(above, len(list)-1))
			down, up := float64(list[above-1]), float64(list[above])
			dst[i] = uint8(above)
			if float64(mix(r)>>11)*0x1p-53*(up*up-down*down) >= v*v-down*down {
				dst[i]--
			}
		}
	})
}

// parallel cuts [0,n) into pieces and runs f on them with as many goroutines
// as there are processors.
func parallel(n int, f func(lo, hi int)) {
	pieces := (n + pieceBytes - 1) / pieceBytes
	workers := min(runtime.GOMAXPROCS(0), pieces)
	var wait sync.WaitGroup
	for w := range workers {
		wait.Go(func() {
			for p := w; p < pieces; p += workers {
				f(p*pieceBytes, min((p+1)*pieceBytes, n))
			}
		})
	}
	wait.Wait()
}
