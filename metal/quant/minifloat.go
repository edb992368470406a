package quant

import (
	"math"
	"slices"
)

// Minifloat is a binary floating-point number of up to 8 bits without infinities:
// from the highest bit on a sign where Signed, an exponent of bias
// 2^(Exponent-1)-1, a mantissa. Without a mantissa, all exponents are powers of two.
// OCP Microscaling Formats (MX) Specification 1.0, section 5.3.
type Minifloat struct {
	Exponent, Mantissa int // bits
	Signed             bool
	Max                float32 // the largest number; a larger pattern stands for none
	encode             func(m *Minifloat, v float32) uint8

	values     []float32 // of all bit patterns
	magnitudes []float32 // of these, what is neither negative nor above Max: ascending
}

// The minifloats of MLX's modes.
var (
	e2m1 = minifloat(Minifloat{Exponent: 2, Mantissa: 1, Signed: true, Max: 6, encode: (*Minifloat).least})
	e4m3 = minifloat(Minifloat{Exponent: 4, Mantissa: 3, Signed: true, Max: 448, encode: (*Minifloat).even})
	e8m0 = minifloat(Minifloat{Exponent: 8, Max: 0x1p127, encode: (*Minifloat).power})
)

func minifloat(m Minifloat) *Minifloat {
	m.values = make([]float32, 1<<m.Bits())
	for i := range m.values {
		m.values[i] = m.value(uint8(i))
	}
	m.magnitudes = m.values
	if m.Signed {
		m.magnitudes = m.values[:len(m.values)/2]
	}
	for m.magnitudes[len(m.magnitudes)-1] > m.Max {
		m.magnitudes = m.magnitudes[:len(m.magnitudes)-1]
	}
	return &m
}

// Bits of one number.
func (m *Minifloat) Bits() int {
	if m.Signed {
		return 1 + m.Exponent + m.Mantissa
	}
	return m.Exponent + m.Mantissa
}

func (m *Minifloat) sign() uint8 {
	if m.Signed {
		return 1 << (m.Exponent + m.Mantissa)
	}
	return 0
}

// Value is what a bit pattern stands for. As in MLX, one above Max is read like
// any other.
func (m *Minifloat) Value(bits uint8) float32 { return m.values[bits] }

// Values are the numbers of all bit patterns in their order. The list is shared.
func (m *Minifloat) Values() []float32 { return m.values }

func (m *Minifloat) value(bits uint8) float32 {
	magnitude := bits &^ m.sign()
	exponent, mantissa := int(magnitude>>m.Mantissa), float64(magnitude&(1<<m.Mantissa-1))
	bias := 1<<(m.Exponent-1) - 1
	if exponent > 0 || m.Mantissa == 0 {
		mantissa += float64(int(1) << m.Mantissa)
	} else {
		exponent = 1
	}
	v := math.Ldexp(mantissa, exponent-bias-m.Mantissa)
	if bits&m.sign() != 0 {
		v = -v
	}
	return float32(v)
}

// least is the nearest number, of two equally near ones that closer to zero, as in
// MLX's search of its table, which has zero for infinities, too.
func (m *Minifloat) least(v float32) uint8 {
	if v-v != 0 {
		return 0
	}
	best, distance := uint8(0), abs(v)
	for i, have := range m.values {
		if d := abs(v - have); d < distance {
			best, distance = uint8(i), d
		}
	}
	return best
}

// even is the nearest number, of two equally near ones that with an even pattern,
// and Max for whatever is larger.
func (m *Minifloat) even(v float32) uint8 {
	list, sign := m.magnitudes, uint8(0)
	if math.Signbit(float64(v)) {
		sign = m.sign()
	}
	v = abs(v)
	i, exact := slices.BinarySearch(list, v)
	switch {
	case i == len(list):
		i--
	case exact || i == 0:
	default:
		if down, up := v-list[i-1], list[i]-v; down < up || down == up && i%2 == 1 {
			i--
		}
	}
	return sign | uint8(i)
}

// power is the least power of two that is not below v, 1 for 0.
func (m *Minifloat) power(v float32) uint8 {
	const bias = 127
	if v == 0 {
		return bias
	}
	fraction, exponent := math.Frexp(float64(v))
	if fraction == 0.5 {
		exponent--
	}
	return uint8(max(0, min(bias+exponent, 2*bias)))
}
