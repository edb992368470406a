package main

import (
	"strings"
)

// copies are MLX's copies with conversion: of one element to all, of arrays in order,
// from strides (g), and from strides to strides (gg), which a "dynamic" one starts at
// offsets in memory.
func copies() []family {
	return []family{
		kernels("copy", `(s|v|s2|v2|sn|vn|g1|g2|g3|gn2|g1large|g2large|g3large|gn4large)_copy<T><T>`, copyOf),
		kernels("copy strided", `(gg1|gg2|gg3|ggn2|gg1large|gg2large|gg3large|ggn4large)_(dynamic_)?copy<T><T>`, copyStrided),
	}
}

func copyOf(m []string) *plan {
	from, to := dtypes[m[2]], dtypes[m[3]]
	p := of("utils.h copy.h", "%s", shaped("copy", m[1], from.metal+", "+to.metal))
	p.buffer("src", from, every(from, elements, "src", false)).out("dst", to, elements)
	p.launch(m[1], to, "src_shape", "src_stride")
	if strings.HasPrefix(m[1], "g") { // of a transposed array
		p.transposed("src_stride", 1)
	}
	return p
}

func copyStrided(m []string) *plan {
	from, to := dtypes[m[3]], dtypes[m[4]]
	function := shaped("copy", m[1], from.metal+", "+to.metal)
	const offset = 5
	if m[2] != "" {
		function = strings.Replace(function, "copy_gg", "copy_gg_dynamic", 1)
	}
	p := of("utils.h copy.h", "%s", function)
	// A transposed array of one axis has a stride of 2.
	p.buffer("src", from, every(from, 2*elements, "src", false)).out("dst", to, 2*elements)
	p.launch(m[1], to, "src_shape", "src_stride", "dst_stride")
	if m[2] != "" {
		p.set("src_offset", int64(offset)).set("dst_offset", int64(2*offset))
	}
	return p
}

// transposed gives an argument that launch has set other strides.
func (p *plan) transposed(name string, which int) {
	for _, key := range []string{name, plural(name)} {
		if v, ok := p.values[key]; ok {
			p.set(key, strides(shapes[len(v.data)/8-1], which))
		}
	}
}
