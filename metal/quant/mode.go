package quant

import (
	"fmt"
	"strings"
)

// Mode is how codes become weights, by the names that MLX gives to its modes.
type Mode uint8

// The modes.
const (
	Affine Mode = iota // code·scale + bias, codes are integers
	MXFP4              // code·scale, both minifloats
	MXFP8
	NVFP4
)

// mode declares one.
type mode struct {
	name         string
	bits, groups []int // that MLX has
	usual        [2]int
	code, scale  *Minifloat
}

var modes = [...]mode{
	Affine: {name: "affine", bits: []int{2, 3, 4, 5, 6, 8}, groups: []int{32, 64, 128}, usual: [2]int{4, 64}},
	MXFP4:  {name: "mxfp4", bits: []int{4}, groups: []int{32}, usual: [2]int{4, 32}, code: e2m1, scale: e8m0},
	MXFP8:  {name: "mxfp8", bits: []int{8}, groups: []int{32}, usual: [2]int{8, 32}, code: e4m3, scale: e8m0},
	NVFP4:  {name: "nvfp4", bits: []int{4}, groups: []int{16}, usual: [2]int{4, 16}, code: e2m1, scale: e4m3},
}

// Modes lists all of them.
func Modes() []Mode {
	list := make([]Mode, len(modes))
	for i := range list {
		list[i] = Mode(i)
	}
	return list
}

// ParseMode reads a mode's name.
func ParseMode(name string) (Mode, error) {
	var names []string
	for i, m := range modes {
		if m.name == name {
			return Mode(i), nil
		}
		names = append(names, m.name)
	}
	return 0, fmt.Errorf("quantization mode %q is not supported, want one of %s", name, strings.Join(names, ", "))
}

func (m Mode) String() string {
	if int(m) < len(modes) {
		return modes[m].name
	}
	return fmt.Sprintf("mode(%d)", m)
}

// Bits lists the code widths of the mode.
func (m Mode) Bits() []int { return modes[m].bits }

// Groups lists the group sizes of the mode.
func (m Mode) Groups() []int { return modes[m].groups }

// Usual are the code width and the group size that MLX takes if it is not told.
func (m Mode) Usual() (bits, group int) { return modes[m].usual[0], modes[m].usual[1] }

// Minifloats are what codes and scales are; nil: integers, with scales and biases
// of the activations' type.
func (m Mode) Minifloats() (code, scale *Minifloat) { return modes[m].code, modes[m].scale }
