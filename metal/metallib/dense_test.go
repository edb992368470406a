package metallib

import (
	"encoding/binary"
	"strings"
	"testing"
)

// bits writes a bitstream.
type bits struct {
	out []byte
	n   uint
}

func (b *bits) fixed(v uint64, width uint) {
	for i := range width {
		if b.n%8 == 0 {
			b.out = append(b.out, 0)
		}
		b.out[b.n/8] |= byte(v>>i&1) << (b.n % 8)
		b.n++
	}
}

func (b *bits) variable(v uint64, width uint) {
	for ; v >= 1<<(width-1); v >>= width - 1 {
		b.fixed(v&(1<<(width-1)-1)|1<<(width-1), width)
	}
	b.fixed(v, width)
}

func (b *bits) align() {
	for b.n%32 != 0 {
		b.fixed(0, 1)
	}
}

// block writes a block whose abbreviation ids have 3 bits, in one whose ids have
// as many as are given.
func (b *bits) block(id uint64, outer uint, inside func()) {
	b.fixed(idEnterBlock, outer)
	b.variable(id, 8)
	b.variable(3, 4)
	b.align()
	at := len(b.out)
	b.fixed(0, 32)
	inside()
	b.fixed(idEndBlock, 3)
	b.align()
	binary.LittleEndian.PutUint32(b.out[at:], uint32(len(b.out)-at-4)/4)
}

// abbreviate defines an abbreviation of literals, and what follows them.
func (b *bits) abbreviate(literals []uint64, more ...abbreviation) {
	b.fixed(idDefineAbbreviation, 3)
	b.variable(uint64(len(literals)+len(more)), 5)
	for _, v := range literals {
		b.fixed(1, 1)
		b.variable(v, 8)
	}
	for _, a := range more {
		b.fixed(0, 1)
		b.fixed(uint64(a.encoding), 3)
		if a.encoding == fixed || a.encoding == variable {
			b.variable(a.value, 5)
		}
	}
}

// TestDense: bitcode that packs as much as it can into each byte is refused or
// read, and neither takes more memory than its size allows.
func TestDense(t *testing.T) {
	const size = 100_000 // about, in bytes
	many := func(b *bits, of func()) {
		for len(b.out) < size {
			of()
		}
	}
	first := func(b *bits) func() { return func() { b.fixed(idFirstAbbreviation, 3) } }
	for name, tt := range map[string]struct {
		block uint64
		write func(b *bits)
		err   string
	}{
		"nodes of literals": {metadataBlock, func(b *bits) {
			b.abbreviate(append([]uint64{metadataNode}, make([]uint64, mostOperands-1)...))
			many(b, first(b))
		}, "more values than its size allows"},
		"empty nodes": {metadataBlock, func(b *bits) {
			b.abbreviate([]uint64{metadataNode})
			many(b, first(b))
		}, "more values than its size allows"},
		"constants": {constantsBlock, func(b *bits) {
			b.abbreviate([]uint64{constantNull})
			many(b, first(b))
		}, "more values than its size allows"},
		"an array of bits": {metadataBlock, func(b *bits) {
			b.abbreviate([]uint64{metadataNode}, abbreviation{array, 0}, abbreviation{fixed, 1})
			b.fixed(idFirstAbbreviation, 3)
			b.variable(4*size, 6)
			many(b, func() { b.fixed(0, 32) })
			b.fixed(0, 32)
		}, "more values than its size allows"},
		"an array of nothing": {metadataBlock, func(b *bits) {
			b.abbreviate([]uint64{metadataNode}, abbreviation{array, 0}, abbreviation{fixed, 0})
		}, "not well-formed"},
		"an array longer than the block": {metadataBlock, func(b *bits) {
			b.abbreviate([]uint64{metadataNode}, abbreviation{array, 0}, abbreviation{fixed, 8})
			b.fixed(idFirstAbbreviation, 3)
			b.variable(1<<40, 6)
		}, "a record of the bitcode does not fit"},
		"a record longer than the block": {metadataBlock, func(b *bits) {
			b.fixed(idUnabbreviated, 3)
			b.variable(metadataNode, 6)
			b.variable(1<<40, 6)
		}, "a record of the bitcode does not fit"},
		"empty strings": {metadataBlock, func(b *bits) {
			b.abbreviate([]uint64{metadataStrings}, abbreviation{variable, 6}, abbreviation{variable, 6}, abbreviation{blob, 0})
			b.fixed(idFirstAbbreviation, 3)
			b.variable((size-size/8)*8/6, 6)
			b.variable(size-size/8, 6)
			b.variable(size-size/8, 6)
			b.align()
			many(b, func() { b.fixed(0, 32) })
		}, "more values than its size allows"},
		"strings longer than the blob": {metadataBlock, func(b *bits) {
			b.abbreviate([]uint64{metadataStrings}, abbreviation{variable, 6}, abbreviation{variable, 6}, abbreviation{blob, 0})
			b.fixed(idFirstAbbreviation, 3)
			b.variable(1<<50, 6)
			b.variable(4, 6)
			b.variable(8, 6)
			b.align()
			b.fixed(0, 64)
		}, "the strings of the metadata do not fit"},
		"abbreviations": {metadataBlock, func(b *bits) {
			many(b, func() { b.abbreviate([]uint64{metadataNode}, abbreviation{array, 0}, abbreviation{char6, 0}) })
		}, ""},
		"blocks with abbreviations of BLOCKINFO": {blockInfo, func(b *bits) {
			b.fixed(idUnabbreviated, 3) // SETBID
			b.variable(1, 6)
			b.variable(1, 6)
			b.variable(metadataBlock, 6)
			for len(b.out) < size/2 {
				b.abbreviate([]uint64{metadataNode})
			}
			b.fixed(idEndBlock, 3)
			b.align()
		}, ""},
		"a number without an end": {metadataBlock, func(b *bits) {
			b.fixed(idUnabbreviated, 3)
			many(b, func() { b.fixed(0xFFFFFFFF, 32) })
		}, "more than 64 bits"},
	} {
		t.Run(name, func(t *testing.T) {
			b := &bits{}
			b.fixed(0xDEC04342, 32)
			b.block(moduleBlock, 2, func() {
				if tt.block != blockInfo {
					b.block(tt.block, 3, func() { tt.write(b) })
					return
				}
				b.block(blockInfo, 3, func() { tt.write(b) })
				many(b, func() { b.block(metadataBlock, 3, func() { b.fixed(idFirstAbbreviation, 3) }) })
			})
			var err error
			bounded(t, len(b.out), func() { _, err = readModule(b.out) })
			if tt.err == "" && err != nil || tt.err != "" && (err == nil || !strings.Contains(err.Error(), tt.err)) {
				t.Errorf("error is %v, want %q", err, tt.err)
			}
		})
	}
}
