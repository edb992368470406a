package main

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/assay-bench/assay/core/sdk"
	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/msl"
)

// resolved is a configuration and the signatures of its files. It is whole only if
// there was no fault.
type resolved struct {
	buffers   []*buffer // sorted by name
	launches  []*launch
	reference *launch // nil: none
	units     float64
	declared  int64 // bytes of an iteration, 0: they are counted
}

// launch is one dispatch, resolved.
type launch struct {
	at          string // block that it stands in, with a dot; empty: the configuration itself
	from        string // the argument that has the source
	where       string // the argument that decides which kernel it is
	text        *text
	kernel      *msl.Kernel
	constants   map[int]any
	grid        metal.Size
	threadgroup metal.Size
	memory      []int
	args        []argument // by buffer index
}

// argument is what one [[buffer(n)]] gets; neither: it is not there.
type argument struct {
	buffer *buffer
	bytes  []byte
	writes bool
}

// reader reads one configuration and collects its faults.
type reader struct {
	Config
	sources *parsed
	buffers map[string]*buffer
	extra   map[string][]byte // arguments that a signature made here has beside the given ones
	used    map[string]bool   // buffers and values that some argument got
	faults  []sdk.Diagnostic
}

func (r *reader) fault(path, code, summary, format string, args ...any) {
	r.faults = append(r.faults, sdk.Diagnostic{Path: path, Code: code, Summary: summary, Detail: fmt.Sprintf(format, args...)})
}

// resolve says everything that can be said of a configuration without a device.
func (p *parsed) resolve(c Config) (*resolved, []sdk.Diagnostic) {
	r := &reader{Config: c, sources: p, buffers: map[string]*buffer{}, used: map[string]bool{}, extra: map[string][]byte{}}
	out := &resolved{units: valueOr(c.Operations, 1), declared: valueOr(c.Bytes, 0)}
	for _, name := range sorted(c.Buffer) {
		b := r.buffer(name, c.initial(name, c.Buffer[name]))
		r.buffers[name] = b
		out.buffers = append(out.buffers, b)
	}
	out.launches = r.launches()
	r.typeless()
	if len(r.faults) > 0 {
		return out, r.faults // what follows from them is not said as well
	}
	r.outputs(out.launches)
	if c.Reference != nil {
		if len(r.faults) == 0 {
			out.reference = r.reference(out.launches[0])
		}
		if len(r.faults) > 0 {
			return out, r.faults // a block may be the reference's
		}
	}
	r.unused(out.all())
	return out, r.faults
}

// all are the launches and the reference's.
func (p *resolved) all() []*launch {
	if p.reference == nil {
		return p.launches
	}
	return append(slices.Clone(p.launches), p.reference)
}

// size of all buffers, once.
func (p *resolved) size() (n int64) {
	for _, b := range p.buffers {
		n += int64(b.bytes())
	}
	return n
}

func (r *reader) launches() []*launch {
	if r.MetalKernel != nil {
		return r.custom()
	}
	main := r.main()
	if len(r.Dispatch) == 0 {
		if main == nil {
			return nil
		}
		return []*launch{r.launch("", "source", main, r.Launch, "")}
	}
	if r.Launch.Kernel != nil || r.Launch.Grid != nil || r.Launch.Threadgroups != nil || r.Launch.Threadgroup != nil || r.Launch.Arguments != nil {
		r.fault("dispatch", "two_forms", "kernel, grid, threadgroup and arguments stand outside the dispatch blocks", "Move them into a dispatch block: with one, they belong there.")
		return nil
	}
	var out []*launch
	for i, d := range r.Dispatch {
		at, from, t := fmt.Sprintf("dispatch[%d]", i), "source", main
		if d.Source != nil {
			from = at + ".source"
			t = r.open(from, *d.Source, r.Text)
		}
		if d.Source == nil && r.Source == nil {
			r.fault(at, "no_source", "nothing to compile", "Write source = \"FILE.metal\" in the block, or beside all blocks.")
		}
		if t != nil {
			out = append(out, r.launch(at+".", from, t, d.Launch, ""))
		}
	}
	return out
}

// custom is the dispatch of a body. As in MLX, a threadgroup is no longer than the grid.
func (r *reader) custom() []*launch {
	if len(r.Dispatch) > 0 {
		r.fault("dispatch", "two_forms", "dispatch and metal_kernel exclude each other", "A body is one dispatch: delete one of them.")
	}
	if r.Launch.Kernel != nil {
		r.fault("kernel", "two_names", "a body has no kernel to choose", "Delete this; the name stands in metal_kernel.")
	}
	t := r.body()
	if t == nil {
		return nil
	}
	l := r.Launch
	for i := range l.Threadgroup {
		if l.Threadgroup = slices.Clone(l.Threadgroup); i < len(l.Grid) {
			l.Threadgroup[i] = min(l.Threadgroup[i], l.Grid[i])
		}
	}
	name := r.MetalKernel.function()
	l.Kernel = &name
	return []*launch{r.launch("", r.bodyAt(), t, l, "")}
}

// main is the source of the configuration; nil if there is none or it has a fault.
func (r *reader) main() *text {
	if r.Source == nil {
		if len(r.Dispatch) == 0 {
			r.fault("", "no_source", "nothing to compile", "Write source = \"FILE.metal\", in config or in the config of each variant.")
		}
		return nil
	}
	return r.open("source", *r.Source, r.Text)
}

func (r *reader) open(at, path string, t Text) *text {
	if compiled(path) && !strings.HasPrefix(at, "dispatch") { // whose include and defines are for all of them
		r.onlyText(at, path, t)
	}
	out, err := r.sources.file(path, t.Include, t.Defines)
	if err != nil {
		r.fault(at, "source", "the source cannot be read", "%v%s", err, includeAdvice(err, path, t.Include))
	}
	return out
}

// launch resolves one dispatch of the source that stands at from. What it faults
// stands at the block's own arguments.
func (r *reader) launch(at, from string, t *text, l Launch, like string) *launch {
	out := &launch{at: at, from: from, where: from, text: t}
	if l.Kernel != nil && len(t.kernels.Names()) > 1 {
		out.where = at + "kernel"
	}
	var err error
	if out.kernel, err = t.choose(l.Kernel, like); err != nil {
		summary := "no kernel is chosen"
		if l.Kernel != nil {
			summary = "there is no kernel " + *l.Kernel
		}
		r.fault(out.where, "no_kernel", summary, "%s", stopped(err))
		return out
	}
	var key string
	if out.constants, key, err = t.constants(out.kernel, l.Constants); err != nil {
		r.fault(at+"constants["+strconv.Quote(key)+"]", "constant", "function constant "+key, "%s", stopped(err))
		return out
	}
	if missing := t.kernels.Missing(out.kernel, out.constants); len(missing) > 0 {
		r.withoutValue(out, missing, l.Constants)
		return out
	}
	if err := t.kernels.Check(out.kernel, out.constants); err != nil {
		r.fault(out.where, "refused", "the kernel cannot be used", "%v.", err)
		return out
	}
	r.extents(out, l)
	out.memory = r.threadgroupMemory(at, out.kernel, l.ThreadgroupMemory)
	r.bind(out, l.Arguments)
	return out
}

// block is the path of a launch itself.
func block(at string) string {
	if at == "" {
		return ""
	}
	return at[:len(at)-1]
}

// unused faults buffers and values that no argument gets.
func (r *reader) unused(launches []*launch) {
	var known []string
	for _, l := range launches {
		for _, name := range names(l.kernel) {
			if !slices.Contains(known, name) {
				known = append(known, name)
			}
		}
	}
	k := launches[0].kernel
	left := func(what string, labels []string) {
		for _, name := range labels {
			if l, constant := leftOut(launches, name); l != nil && !r.used[name] {
				r.fault(label(what, name), "extra_argument", "no argument gets this "+what,
					"%s, the argument %s of %s is there where the function constant %s is true. Write true for it in %sconstants, or delete the block.", declaredAt(l.kernel.File, l.kernel.Line), name, l.kernel.Name, constant, l.at)
			} else if !r.used[name] {
				r.fault(label(what, name), "extra_argument", "no argument gets this "+what,
					"%s, %s, has %s%s Rename the block, delete it, or move it into the config of the variants whose kernel takes it.", declaredAt(k.File, k.Line), k.Name, listed(known, "argument"), didYouMean(name, known))
			}
		}
	}
	left("buffer", sorted(r.Buffer))
	left("value", sorted(r.Value))
}

// leftOut is a launch whose kernel has an argument of a name, which the function
// constant leaves out; nil: there is none.
func leftOut(launches []*launch, name string) (l *launch, constant string) {
	for _, l := range launches {
		for _, a := range l.kernel.Args {
			if there, _ := l.enabled(a); a.Name == name && !there {
				return l, a.Enabled
			}
		}
	}
	return nil, ""
}

// reference resolves the kernel to compare with. It takes over what it does not say.
func (r *reader) reference(first *launch) *launch {
	ref := *r.Reference
	t, from := first.text, "reference"
	if ref.Source != nil {
		from = "reference.source"
		if t = r.open(from, *ref.Source, ref.Text); t == nil {
			return nil
		}
	}
	if len(r.Dispatch) == 0 {
		if ref.Grid == nil && ref.Threadgroups == nil {
			ref.Grid, ref.Threadgroups = r.Launch.Grid, r.Launch.Threadgroups
		}
		if ref.Threadgroup == nil {
			ref.Threadgroup = r.Launch.Threadgroup
		}
	}
	l := r.launch("reference.", from, t, ref.Launch, first.kernel.Name)
	if len(r.faults) == 0 && !slices.ContainsFunc(l.args, func(a argument) bool { return a.writes && a.buffer != nil && a.buffer.output }) {
		r.fault("reference", "no_output", "the reference writes no output", "None of its arguments that it can write gets a buffer with output = true: write arguments = { NAME = \"OUTPUT\" }.")
	}
	return l
}

func label(what, name string) string { return what + "[" + strconv.Quote(name) + "]" }

func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
