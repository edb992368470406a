package front

import (
	"fmt"

	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/msl"
)

// Argument is what a kernel declares of one of its arguments.
type Argument struct {
	Name     string
	Index    int
	Group    bool // threadgroup memory, which has a size and no data
	Optional bool // there for some function constants only
	Written  bool // the kernel can write it
	Bytes    int  // that the kernel reads of a constant reference, 0: not known
	Inline   bool // a constant reference that this kind of device takes as bytes only
}

// A Declarer is a Kernel that knows its arguments. Of others, the front reads the
// source itself.
type Declarer interface {
	Arguments() []Argument
}

// ArgumentsOf are those of a kernel that was read, from a source or, without a
// unit, from a compiled library.
func ArgumentsOf(unit *msl.Unit, k *msl.Kernel) []Argument {
	var list []Argument
	for _, a := range k.Args {
		if a.Space == msl.Builtin {
			continue
		}
		arg := Argument{
			Name: a.Name, Index: a.Index, Group: a.Space == msl.Threadgroup, Optional: a.Enabled != "",
			Written: a.Space == msl.Device && !a.Constant,
		}
		switch {
		case !a.Value():
		case a.Layout != nil:
			arg.Bytes = a.Layout.Size
		case unit != nil:
			arg.Bytes = unit.Size(a.Type)
		}
		list = append(list, arg)
	}
	return list
}

// read finds a kernel's arguments in its source; none where that is a compiled
// library or more than msl reads.
func (l *library) read(name string) []Argument {
	if l.unit == nil && l.text.Library == "" {
		l.unit, _ = msl.Parse(l.text.Name, l.text.Text, l.text.Defines)
		l.text = metal.Source{}
	}
	if l.unit != nil {
		if k, ok := l.unit.Kernel(name); ok {
			return ArgumentsOf(l.unit, k)
		}
	}
	return nil
}

// given holds a dispatch against the arguments that its kernel declares.
func (k *kernel) given(s *metal.Dispatch) error {
	for i := range k.declared {
		if err := k.declared[i].given(s); err != nil {
			return err
		}
	}
	return nil
}

func (a *Argument) given(s *metal.Dispatch) error {
	if a.Group {
		if !a.Optional && (a.Index >= len(s.ThreadgroupMemory) || s.ThreadgroupMemory[a.Index] == 0) {
			return fmt.Errorf("threadgroup argument %d (%s) has no size", a.Index, a.Name)
		}
		return nil
	}
	if a.Index >= len(s.Args) || s.Args[a.Index].Buffer == nil && len(s.Args[a.Index].Bytes) == 0 {
		if a.Optional {
			return nil
		}
		return fmt.Errorf("argument %d (%s) is missing: %d are given", a.Index, a.Name, len(s.Args))
	}
	given := &s.Args[a.Index]
	switch {
	case a.Written && given.Buffer == nil:
		return fmt.Errorf("argument %d (%s) must be a buffer: the kernel can write it", a.Index, a.Name)
	case a.Inline && given.Buffer != nil:
		return fmt.Errorf("argument %d (%s) is a constant reference: give its %d bytes, not a buffer", a.Index, a.Name, a.Bytes)
	case given.Buffer == nil && len(given.Bytes) < a.Bytes:
		return fmt.Errorf("argument %d (%s): %d bytes, the kernel reads %d", a.Index, a.Name, len(given.Bytes), a.Bytes)
	}
	return nil
}
