package main

// quantize makes weights of numbers, or numbers of weights. Some groups have only
// zeros in them.
func quantize(m []string) *plan {
	const groups = 40
	var more []string
	if m[6] != "" {
		more = []string{m[6]}
	}
	f, p := formatOf(m, more...)
	n, bytes := groups*f.group, dtypes["uint8"]
	p.set("global_scale", float32(37.5))
	if m[2] == "dequantize" {
		p.buffer("w", bytes, arbitrary(bytes, n*f.bits/8, "w")).out("out", f.t, n)
		if f.affine {
			p.random("scales", f.t, groups).random("biases", f.t, groups)
		} else {
			p.buffer("scales", bytes, f.exponents(groups))
		}
		return p.threads(size(n/f.pack(), 1, 1), size(64, 1, 1))
	}
	w := moderate(f.t, n, "w")
	for i := range 2 * f.group {
		put(w, f.t.size, i, 0)
	}
	p.buffer("w", f.t, w).out("out", f.t, n)
	if m[2] == "quantize" {
		p.out("out", bytes, n*f.bits/8).out("scales", bytes, groups)
	}
	if f.affine {
		p.out("scales", f.t, groups).out("biases", f.t, groups)
	}
	return p.threads(size(n/max(1, f.group/32), 1, 1), size(64, 1, 1))
}

// pack is how many numbers dequantizing takes at a time: as many as end on a byte.
func (f format) pack() int {
	switch f.bits {
	case 3, 5:
		return 8
	case 6:
		return 4
	}
	return 8 / f.bits
}
