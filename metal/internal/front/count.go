package front

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"maps"
	"math/big"
	"math/bits"
	"slices"
	"strings"

	"github.com/assay-bench/assay/metal"
)

// counts are the dispatches since the last count, by a hash of all that the device
// was told of them but for buffers. A program only counts its iterations, and is
// taken apart when somebody asks: the timed path adds one number.
type counts map[uint64]*entry

// entry is dispatches that are alike.
type entry struct {
	kernel            *kernel
	grid, threadgroup metal.Size
	memory            []int
	arguments         uint64         // hash of the bytes, 0 without any
	once              uint64         // dispatches
	parts             map[int]uint64 // dispatches of programs by the length of their rotation, each counting for that part of one
}

// share is how often one pass through a program's rotation has an entry.
type share struct {
	e *entry
	n uint64
}

// most entries that are told apart. A plugin that gives new bytes to each of
// millions of dispatches does not fill the memory: what it ran is not known.
const most = 1 << 16

// of finds the entry of a checked dispatch.
func (c counts) of(s *metal.Dispatch) *entry {
	k := s.Kernel.(*kernel)
	arguments := argumentsHash(s.Args)
	h := mix(k.id, arguments)
	for _, size := range [...]metal.Size{s.Grid, s.Threadgroup} {
		h = mix(mix(mix(h, uint64(size.X)), uint64(max(size.Y, 1))), uint64(max(size.Z, 1)))
	}
	for _, n := range s.ThreadgroupMemory {
		h = mix(h, uint64(n))
	}
	if len(c) >= most {
		h = 0 // one entry for all that comes now
	}
	e := c[h]
	if e == nil {
		e = &entry{kernel: k, grid: s.Grid, threadgroup: s.Threadgroup, memory: slices.Clone(s.ThreadgroupMemory), arguments: arguments}
		c[h] = e
	}
	return e
}

// count adds what the program ran since the last count to its entries.
func (p *program) count() {
	for _, s := range p.content {
		if p.rotation == 1 {
			s.e.once += s.n * p.runs
			continue
		}
		if s.e.parts == nil {
			s.e.parts = map[int]uint64{}
		}
		s.e.parts[p.rotation] += s.n * p.runs
	}
	p.runs = 0
}

// take gives the dispatches of an entry and forgets them.
func (e *entry) take() *big.Rat {
	sum := ratio(e.once, 1)
	for rotation, n := range e.parts {
		sum.Add(sum, ratio(n, uint64(rotation)))
	}
	e.once, e.parts = 0, nil
	return sum
}

func ratio(a, b uint64) *big.Rat {
	return new(big.Rat).SetFrac(new(big.Int).SetUint64(a), new(big.Int).SetUint64(b))
}

// Dispatched implements metal.Device.
func (d *Device) Dispatched(iterations int) []metal.Dispatched {
	for p := range d.programs {
		p.count()
	}
	type alike struct {
		metal.Dispatched
		sum   *big.Rat
		parts []string
	}
	found := map[string]*alike{}
	full := len(d.counts) >= most
	for _, e := range d.counts {
		sum := e.take()
		if sum.Sign() == 0 || iterations < 1 || full {
			continue
		}
		sum.Quo(sum, ratio(uint64(iterations), 1))
		k := e.kernel
		key := fmt.Sprint(k.name, "\x00", k.constants, "\x00", k.source, e.grid, e.threadgroup, e.memory)
		a := found[key]
		if a == nil {
			a = &alike{sum: new(big.Rat), Dispatched: metal.Dispatched{
				Kernel: k.name, Constants: k.constants, Source: k.source,
				Grid: e.grid, Threadgroup: e.threadgroup, ThreadgroupMemory: e.memory,
			}}
			found[key] = a
		}
		a.sum.Add(a.sum, sum)
		a.parts = append(a.parts, fmt.Sprintf("%016x %s", e.arguments, sum.RatString()))
	}
	var out []metal.Dispatched
	for _, key := range slices.Sorted(maps.Keys(found)) {
		a := found[key]
		slices.Sort(a.parts)
		a.Arguments = short([]byte(strings.Join(a.parts, "\n")))
		a.Count, a.Iterations = a.sum.Num().Uint64(), a.sum.Denom().Uint64()
		out = append(out, a.Dispatched)
	}
	return out
}

// digest of all that a kernel's code comes from.
func digest(src metal.Source) string {
	text := fmt.Sprintf("%q", src.Text)
	for _, name := range slices.Sorted(maps.Keys(src.Defines)) {
		text += fmt.Sprintf(" %q=%q", name, src.Defines[name])
	}
	return short([]byte(text))
}

func short(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:8])
}

// constantsText lists function constants by index: "0=true 3=64".
func constantsText(constants map[int]any) string {
	var list []string
	for _, i := range slices.SortedFunc(maps.Keys(constants), cmp.Compare[int]) {
		list = append(list, fmt.Sprintf("%d=%v", i, constants[i]))
	}
	return strings.Join(list, " ")
}

func (k *kernel) identity() uint64 {
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %q %q", k.name, k.constants, k.source))
	return binary.LittleEndian.Uint64(sum[:])
}

// argumentsHash is of the arguments that are bytes, with their indices.
func argumentsHash(args []metal.Arg) (h uint64) {
	for i := range args {
		data := args[i].Bytes
		if args[i].Buffer != nil || len(data) == 0 {
			continue
		}
		h = mix(h, uint64(i)<<32|uint64(len(data)))
		for ; len(data) >= 8; data = data[8:] {
			h = mix(h, binary.LittleEndian.Uint64(data))
		}
		var tail [8]byte
		copy(tail[:], data)
		h = mix(h, binary.LittleEndian.Uint64(tail[:]))
	}
	return h
}

// mix folds a 128-bit product, as wyhash does. The result is the same in every
// process, so that those of two processes may be compared.
func mix(h, v uint64) uint64 {
	hi, lo := bits.Mul64(h^v^0x9e3779b97f4a7c15, 0xd6e8feb86659fd93)
	return hi ^ lo
}
