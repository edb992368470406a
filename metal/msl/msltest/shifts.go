package msltest

// shifts hold counts from -1 to above 64 against masking by the promoted width.
func shifts() []Case {
	counts := []int32{0, 1, 7, 8, 15, 16, 31, 32, 33, 40, 63, 64, 65, 100, -1, -30}
	x := fill(len(counts), func(i int) uint32 { return uint32(i*i*2654435761 + 77) })
	bit := func(b bool, yes, no uint32) uint32 {
		if b {
			return yes
		}
		return no
	}
	var want []uint32
	var wide []int64
	var chars []int8
	var words []uint16
	for i, v := range x {
		n := counts[i]
		at := func(n int32) uint32 { return uint32(n) & 31 }
		c := int32(int8(v)) // widened before it is shifted
		by := uint32(int8(n)) & 31
		want = append(want,
			v<<at(n), v>>at(n), uint32(int32(v)>>at(n)), v<<1, v>>1, v<<2+v<<3,
			(1+v)<<at(n-1)&0xffffff, bit(v < uint32(100>>at(n)) && n > 0, 7, 9), v<<at(n), v>>at(n+1), v<<at(n), uint32(int32(int16(v))<<at(n)),
			v<<at(n)+3<<at(n+1), v<<1+v<<at(n)+v, 123+16, v<<at(n)>>at(n)+4)
		wide = append(wide, int64(v)<<(uint32(n)&63), -int64(v)>>(uint32(n)&63))
		chars = append(chars, int8(c<<by), int8(c>>by))
		words = append(words, uint16(uint32(uint16(v))<<at(int32(uint16(n)))), uint16(v)>>(uint32(n)&15))
	}
	return []Case{{Name: "shift counts are masked", File: "shifts", Kernel: "shifts", Grid: line(len(x)), Threadgroup: line(4),
		Args: []Arg{in(x...), in(counts...), out(want...), out(wide...), out(chars...), out(words...)}}}
}
