package metallib

import (
	"errors"
	"fmt"
	"math"

	"github.com/assay-bench/assay/metal/msl"
)

// Signature is what the metadata of a kernel says.
type Signature struct {
	// Kernel has no lines, but layouts, and types as the metadata spells them,
	// without const.
	Kernel    msl.Kernel
	Constants []msl.FunctionConstant // those that the kernel uses, in the metadata's order
}

// Kernel is the kernel's signature in the terms of package msl.
func (f *Function) Kernel() (*msl.Kernel, error) {
	s, err := f.Signature()
	if err != nil {
		return nil, err
	}
	return &s.Kernel, nil
}

// Signature reads the metadata of the bitcode.
func (f *Function) Signature() (*Signature, error) {
	s, err := signature(f.library, f.Name, f.Bitcode)
	if err != nil {
		return nil, fmt.Errorf("%s: kernel %s: %w", f.library, f.Name, err)
	}
	return s, nil
}

func signature(library, name string, bitcode []byte) (*Signature, error) {
	m, err := readModule(bitcode)
	if err != nil {
		return nil, err
	}
	kernels := m.named["air.kernel"]
	if len(kernels) != 1 {
		return nil, fmt.Errorf("its bitcode declares %d kernels, and not one", len(kernels))
	}
	r := &signatures{module: m, structures: map[uint64][]msl.Member{}, positions: msl.Positions()}
	s := &Signature{Kernel: msl.Kernel{Name: name, Symbol: name, Function: name, File: library}}
	f := r.node(kernels[0])
	f.next() // the function
	f.next() // what it returns
	arguments := f.node()
	for f.more() { // attributes of the kernel
		if a := f.node(); a.more() && a.text() == "air.max_work_group_size" {
			s.Kernel.MaxThreads = a.number()
		}
	}
	for arguments.more() && r.err == nil {
		a := r.argument(arguments.node())
		a.File = library
		s.Kernel.Args = append(s.Kernel.Args, a)
		if len(s.Kernel.Args) > mostArguments {
			return nil, fmt.Errorf("it has more than %d arguments", mostArguments)
		}
	}
	for _, id := range m.named["air.function_constants"] {
		c := r.constant(r.node(id))
		c.File = library
		s.Constants = append(s.Constants, c)
	}
	if r.err != nil {
		return nil, r.err
	}
	return s, nil
}

// mostArguments of a kernel: buffers, threadgroup memory and positions.
const mostArguments = 128

// signatures reads nodes of metadata. An error stays: what is read after it is empty.
type signatures struct {
	*module
	structures map[uint64][]msl.Member // by node: several arguments may have one
	positions  []string                // attributes of arguments that are no resources
	err        error
}

// fields are the operands of a node that were not read.
type fields struct {
	r   *signatures
	ops []uint64
}

func (r *signatures) fail(err error) {
	if r.err == nil {
		r.err = err
	}
}

var errMetadata = errors.New("the metadata of its bitcode is not as Apple's compiler writes it")

// item is a piece of metadata of a kind.
func (r *signatures) item(id uint64, kind itemKind) item {
	if r.err == nil && id < uint64(len(r.metadata)) && r.metadata[id].kind == kind {
		return r.metadata[id]
	}
	r.fail(errMetadata)
	return item{}
}

func (r *signatures) node(id uint64) *fields {
	i := r.item(id, nodeItem)
	return &fields{r, r.operands[i.from:i.to]}
}

func (f *fields) more() bool { return len(f.ops) > 0 && f.r.err == nil }

// next is the index of the next operand's metadata.
func (f *fields) next() uint64 {
	if !f.more() || f.ops[0] == 0 {
		f.r.fail(errMetadata)
		return 0
	}
	id := f.ops[0] - 1
	f.ops = f.ops[1:]
	return id
}

func (f *fields) node() *fields { return f.r.node(f.next()) }

func (f *fields) text() string {
	i := f.r.item(f.next(), stringItem)
	return string(f.r.letters[i.from:i.to])
}

// number is a whole number from 0 to 2³¹−1.
func (f *fields) number() int {
	v := uint64(f.r.item(f.next(), valueItem).from)
	if f.r.err != nil {
		return 0
	}
	if v >= uint64(len(f.r.values)) || !f.r.values[v].ok || f.r.values[v].v < 0 || f.r.values[v].v > math.MaxInt32 {
		f.r.fail(errMetadata)
		return 0
	}
	return int(f.r.values[v].v)
}

// isText says that a string comes next.
func (f *fields) isText() bool {
	if !f.more() || f.ops[0] == 0 || f.ops[0] > uint64(len(f.r.metadata)) {
		return false
	}
	return f.r.metadata[f.ops[0]-1].kind == stringItem
}

// constant reads a function constant: its global, type, name and index.
func (r *signatures) constant(f *fields) msl.FunctionConstant {
	f.next()
	return msl.FunctionConstant{Type: f.text(), Name: f.text(), Index: f.number()}
}
