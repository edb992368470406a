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

// Bind holds a dispatch's arguments against the op's declaration.
func (o *Op) Bind(f quant.Format, args []metal.Arg) (Bound, error) {
	b := Bound{o, f, nil, args}
	last := 0
	for i := range o.Arguments {
		last += len(o.Arguments[i].planes(f))
	}
	switch {
	case len(args) <= last:
		return b, fmt.Errorf("%d arguments, the kernel takes %d and then its parameters", len(args), last)
	case len(args) > last+1:
		return b, fmt.Errorf("argument %d: the kernel takes %d and then its parameters", last+1, last)
	case args[last].Buffer != nil:
		return b, fmt.Errorf("argument %d: the parameters are a buffer, want bytes", last)
	}
	b.Params = args[last].Bytes
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
