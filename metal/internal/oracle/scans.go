package main

// scans are running sums and the like: along rows (contig), and along columns
// (strided).
func scans() []family {
	ops := `(sum|prod|max|min|logaddexp)`
	return []family{
		kernels("scan", `contig_scan_(reverse_)?(inclusive|exclusive)_`+ops+`_<T>_<T>`, scanRows),
		kernels("scan strided", `strided_scan_(reverse_)?(inclusive|exclusive)_`+ops+`_<T>_<T>`, scanColumns),
	}
}

// reads is how many elements a thread reads at a time.
func reads(t dtype) int {
	if t.size == 8 {
		return 2
	}
	return 4
}

func scan(function string, m []string) (p *plan, in, out dtype) {
	op := map[string]string{"sum": "CumSum", "prod": "CumProd", "max": "CumMax", "min": "CumMin", "logaddexp": "CumLogaddexp"}[m[3]]
	in, out = dtypes[m[4]], dtypes[m[5]]
	p = of("defines.h utils.h scan.h", "%s<%s, %s, %s<%s>, %d, %t, %t>", function, in.metal, out.metal, op, out.metal, reads(in), m[2] == "inclusive", m[1] != "")
	return p, in, out
}

func scanRows(m []string) *plan {
	const n, count = 1099, 3
	p, in, out := scan("contiguous_scan", m)
	p.random("in", in, n*count).out("out", out, n*count).set("axis_size", uint64(n))
	return p.groups(size(1, count, 1), size(128, 1, 1))
}

func scanColumns(m []string) *plan {
	const n, columns, count, block = 75, 45, 2, 32
	p, in, out := scan("strided_scan", m)
	blocks := ceil(columns, block)
	p.random("in", in, n*columns*count).out("out", out, n*columns*count)
	p.set("axis_size", uint64(n)).set("stride", uint64(columns)).set("stride_blocks", uint64(blocks))
	return p.groups(size(1, blocks*count, 1), size(block*block/reads(in), 1, 1))
}
