package main

import (
	"math"
)

// rows are kernels that take a row of numbers at a time.
func rows() []family {
	return []family{
		kernels("softmax", `(block|looped)_softmax_(precise_)?<F>`, softmax),
		kernels("logsumexp", `(block|looped)_logsumexp_<F>`, logsumexp),
		kernels("cross entropy", `cross_entropy_(vjp_)?<F>`, crossEntropy),
		kernels("dot product", `dot_product_<F>_it(\d+)_tg(\d+)_sg(\d+)`, dotProduct),
		kernels("searchsorted", `searchsorted_<T>_(left|right)`, searchSorted),
	}
}

// The block kernels take a row of at most 4 elements a thread at once, the looped ones
// any row in turns. Both rows end inside a thread's four elements.
const (
	rowCount  = 5
	shortRow  = 299
	longRow   = 1099
	rowThread = 96
)

func rowLaunch(p *plan, t dtype, kind string) *plan {
	n := shortRow
	if kind == "looped" {
		n = longRow
	}
	in := moderate(t, rowCount*n, "in")
	for i := range rowCount * n {
		switch row := i / n; {
		case row == 1: // a wide range
			put(in, t.size, i, fromFloat(t, 20*toFloat(t, get(in, t.size, i))))
		case row == 2 && i%7 < 3: // masked
			put(in, t.size, i, fromFloat(t, math.Inf(-1)))
		case row == 3 && i%n == 100:
			put(in, t.size, i, fromFloat(t, math.NaN()))
		}
	}
	p.buffer("in", t, in).set("axis_size", int32(n)).out("out", t, rowCount*n)
	return p.groups(size(rowCount, 1, 1), size(rowThread, 1, 1))
}

func softmax(m []string) *plan {
	t := dtypes[m[3]]
	function, args := "softmax_single_row", t.metal
	if m[1] == "looped" {
		function = "softmax_looped"
	}
	if m[2] != "" {
		args += ", float"
	}
	return rowLaunch(of("utils.h softmax.h", "%s<%s>", function, args), t, m[1])
}

func logsumexp(m []string) *plan {
	function := "logsumexp"
	if m[1] == "looped" {
		function = "logsumexp_looped"
	}
	t := dtypes[m[2]]
	return rowLaunch(of("utils.h logsumexp.h", "%s<%s>", function, t.metal), t, m[1])
}

func crossEntropy(m []string) *plan {
	t, f := dtypes[m[2]], dtypes["float32"]
	function := "cross_entropy"
	if m[1] != "" {
		function = "cross_entropy_vjp"
	}
	p := rowLaunch(of("utils.h cross_entropy.h", "%s<%s>", function, t.metal), t, "looped")
	p.set("targets", []int32{0, longRow - 1, 17, 100, 512})
	if m[1] == "" {
		return p.out("out", f, rowCount)
	}
	return p.random("loss", f, rowCount).random("cotan", f, rowCount)
}

func dotProduct(m []string) *plan {
	t := dtypes[m[1]]
	const n = 3*16384 - 37
	p := of("dot.h", "dot_product<%s, %s, %s, %s>", t.metal, m[2], m[3], m[4])
	p.random("a", t, n).random("b", t, n).out("output", dtypes["float32"], 3).set("n", int32(n))
	return p.groups(size(3, 1, 1), size(512, 1, 1))
}

func searchSorted(m []string) *plan {
	t := dtypes[m[1]]
	const n = 301
	p := of("utils.h sort.h searchsorted.h", "searchsorted<%s, %t>", t.metal, m[2] == "right")
	p.buffer("a", t, moderate(t, 2*n, "a")).buffer("v", t, every(t, elements, "v", false))
	p.out("out", dtypes["uint32"], elements).set("n", uint32(n)).set("a_stride", int64(2))
	return p.threads(size(across, down, 1), size(32, 4, 1))
}
