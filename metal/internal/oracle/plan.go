package main

import (
	"encoding/binary"
	"fmt"
	"strings"

	"github.com/assay-bench/assay/metal"
)

// plan is one kernel of the library with all that both sides need to run it.
type plan struct {
	kernel, family string

	headers   []string // of the wheel, below kernelFolder: our side's source includes them
	function  string   // the kernel function with its template arguments, as our side instantiates it
	values    map[string]value
	constants map[int]any
	grid      metal.Size // in threads
	group     metal.Size
}

// value is what an argument is bound to.
type value struct {
	t      dtype // of an element
	data   []byte
	inline bool // copied with the dispatch
}

const kernelFolder = "mlx/backend/metal/kernels/"

// source is our side's text: it instantiates the one kernel.
func (p *plan) source() string {
	var b strings.Builder
	fmt.Fprintln(&b, "#include <metal_stdlib>\nusing namespace metal;")
	for _, h := range p.headers {
		fmt.Fprintf(&b, "#include \"%s%s\"\n", kernelFolder, h)
	}
	if p.isSource() {
		return b.String()
	}
	fmt.Fprintf(&b, "template [[host_name(%q)]] [[kernel]] decltype(%s) %s;\n", p.kernel, p.function, p.function)
	return b.String()
}

// of begins a plan: the headers, separated by spaces, and the function.
func of(headers, function string, args ...any) *plan {
	return &plan{
		headers:  strings.Fields(headers),
		function: fmt.Sprintf(function, args...),
		values:   map[string]value{}, constants: map[int]any{},
	}
}

// threads is a launch of so many threads in threadgroups of a size.
func (p *plan) threads(grid, group metal.Size) *plan {
	p.grid, p.group = grid, group
	return p
}

// groups is a launch of so many threadgroups.
func (p *plan) groups(n, group metal.Size) *plan {
	return p.threads(metal.Size{X: n.X * group.X, Y: max(n.Y, 1) * max(group.Y, 1), Z: max(n.Z, 1) * max(group.Z, 1)}, group)
}

// buffer binds a name to data.
func (p *plan) buffer(name string, t dtype, data []byte) *plan {
	p.values[name] = value{t: t, data: data}
	return p
}

// random binds a name to n moderate numbers.
func (p *plan) random(name string, t dtype, n int) *plan {
	return p.buffer(name, t, moderate(t, n, name))
}

// out binds a name to n elements with a pattern that no kernel writes by chance.
func (p *plan) out(name string, t dtype, n int) *plan {
	data := make([]byte, n*t.size)
	for i := range data {
		data[i] = 0xa5
	}
	return p.buffer(name, t, data)
}

// set binds a name to numbers of fixed size, such as an int32 or a slice of int64.
func (p *plan) set(name string, numbers ...any) *plan {
	var data []byte
	t := dtypes["uint8"]
	for _, n := range numbers {
		var err error
		if data, err = binary.Append(data, binary.LittleEndian, n); err != nil {
			panic(fmt.Sprintf("%s: %v", name, err)) // a family's mistake
		}
	}
	p.values[name] = value{t: t, data: data, inline: true}
	return p
}

// constant sets a function constant.
func (p *plan) constant(index int, v any) *plan {
	p.constants[index] = v
	return p
}

func size(x, y, z int) metal.Size { return metal.Size{X: x, Y: y, Z: z} }

func ceil(a, b int) int { return (a + b - 1) / b }

// list writes template arguments.
func list(args ...any) string {
	texts := make([]string, len(args))
	for i, a := range args {
		texts[i] = fmt.Sprint(a)
	}
	return strings.Join(texts, ", ")
}
