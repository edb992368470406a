package kernels

import (
	"fmt"

	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/quant"
)

// Bound is the arguments of a dispatch, found by name.
type Bound struct {
	Op     *Op
	Format quant.Format
	Params []byte
	Args   []metal.Arg
}

// Binding is one argument of a kernel.
type Binding struct {
	Name  string
	Out   bool // the kernel writes it
	Bytes int  // of the parameter block
}

// Bindings are a kernel's arguments in order, the parameter block last.
func (o *Op) Bindings(f quant.Format) []Binding {
	var list []Binding
	for i := range o.Arguments {
		a := &o.Arguments[i]
		for _, p := range a.planes(f) {
			list = append(list, Binding{Name: a.Binding(p), Out: a.Out})
		}
	}
	return append(list, Binding{Name: "p", Bytes: 4 * len(o.Fields)})
}

// Bind holds what the arguments of a dispatch are against the op's declaration.
// All of them are given, and the last one is the parameters' bytes.
func (o *Op) Bind(f quant.Format, args []metal.Arg) (Bound, error) {
	last := 0
	for i := range o.Arguments {
		last += len(o.Arguments[i].planes(f))
	}
	b := Bound{o, f, args[last].Bytes, args}
	if err := o.Check(b.Params); err != nil {
		return b, err
	}
	i := 0
	for a := range o.Arguments {
		arg := &o.Arguments[a]
		if err := arg.columns(f, b.Params); err != nil {
			return b, err
		}
		for _, p := range arg.planes(f) {
			if err := arg.holds(f, p, b.Params, 1, &args[i]); err != nil {
				return b, fmt.Errorf("argument %d: %w", i, err)
			}
			i++
		}
	}
	return b, nil
}

// Arg is what is bound to one of a named argument's buffers, and how many bytes
// of it the kernel may touch; an extent that the parameters do not say counts as 1.
func (b Bound) Arg(name string, p quant.Plane) (arg metal.Arg, bytes int) {
	i := 0
	for n := range b.Op.Arguments {
		a := &b.Op.Arguments[n]
		if a.Name == name {
			arg = b.Args[i+int(p)]
			return arg, a.bytes(b.Format, p, b.Params, 1)
		}
		i += len(a.planes(b.Format))
	}
	panic("kernels: " + b.Op.Name + " has no argument " + name)
}
