package main

import (
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/mlxkernel"
	"github.com/assay-bench/assay/metal/msl"
)

// MetalKernel is a body as mx.fast.metal_kernel takes it.
type MetalKernel struct {
	Name          string            `assay:"name" help:"what the kernel is called, in messages"`
	Inputs        []string          `assay:"inputs,optional" help:"names of the inputs, each a buffer block"`
	Outputs       []string          `assay:"outputs" help:"names of the outputs, each a buffer block with output = true"`
	Source        *string           `assay:"source" help:"the body itself; default: the text of the configuration's source, a file"`
	Header        string            `assay:"header,optional" help:"what stands before the kernel: includes, functions, types"`
	Template      map[string]string `assay:"template,optional" help:"template arguments: a dtype, a whole number, true or false"`
	RowContiguous bool              `assay:"ensure_row_contiguous" help:"as in MLX; inputs are contiguous here anyway" default:"true"`
	Atomic        bool              `assay:"atomic_outputs" help:"outputs are atomic" default:"false"`
	InitValue     *float64          `assay:"init_value" help:"what outputs without a fill hold before"`
}

// initial gives the outputs of a body their first value.
func (c *Config) initial(name string, b Buffer) Buffer {
	if m := c.MetalKernel; m != nil && m.InitValue != nil && b.Fill == nil && b.File == nil && slices.Contains(m.Outputs, name) {
		fill := "constant"
		b.Fill, b.Value = &fill, m.InitValue
	}
	return b
}

// body makes a whole source of a body, by MLX's rule, and the arguments that it
// has beside inputs and outputs; nil if there is a fault.
func (r *reader) body() *text {
	m := r.MetalKernel
	r.named(m)
	if len(r.faults) > 0 {
		return nil
	}
	src := metal.Source{Name: m.Name, Defines: r.Defines, Folders: r.Include}
	body := valueOr(m.Source, "")
	switch {
	case m.Source != nil && r.Source != nil:
		r.fault("metal_kernel.source", "two_sources", "the body is given twice", "Delete this, or source beside the block.")
		return nil
	case m.Source == nil && r.Source == nil:
		r.fault("metal_kernel", "no_source", "the body is missing", "Write source = \"FILE.metal\" beside the block, or source = <<-EOT … EOT in it.")
		return nil
	case r.Source != nil && compiled(*r.Source):
		r.fault("source", "compiled", "a compiled library, and not a body", "A body is text. Delete metal_kernel, and name one of the library's kernels: kernel = \"NAME\".")
		return nil
	case r.Source != nil:
		raw, err := readSource(*r.Source)
		if err != nil {
			r.fault("source", "source", "the source cannot be read", "%v", err)
			return nil
		}
		body, src.Name = raw, short(*r.Source)
		src.Folders = append([]string{filepath.Dir(*r.Source)}, r.Include...)
	}
	if at := wholeKernel.FindStringIndex(comments.ReplaceAllStringFunc(body, blank)); at != nil {
		r.fault(r.bodyAt(), "whole_kernel", "a whole kernel, and not a body", "%s:%d begins a kernel. Keep what stands between its braces; or delete metal_kernel, and write the kernel's file as source.",
			src.Name, 1+strings.Count(body[:at[0]], "\n"))
		return nil
	}
	whole, ok := r.whole(m, body)
	if !ok {
		return nil
	}
	src.Text = whole.Text(src.Name)
	for _, e := range whole.Extra() {
		r.extra[e.Name] = e.Bytes
	}
	out, err := r.sources.read(src)
	if err != nil {
		if _, inside := msl.Parse(src.Name, body, r.Defines); aboutBrackets(inside) {
			err = inside // not of the brackets that stand around it
		}
		r.fault(r.bodyAt(), "source", "the body cannot be read", "%v%s", err, includeAdvice(err, valueOr(r.Source, ""), r.Include))
	}
	return out
}

var wholeKernel = regexp.MustCompile(`\bkernel\s+void\b|\[\[\s*kernel\s*\]\]`)

// blank is a comment of the same length and lines.
func blank(comment string) string {
	return strings.Map(func(c rune) rune {
		if c == '\n' {
			return c
		}
		return ' '
	}, comment)
}

// aboutBrackets says that an error is of a bracket without its other.
func aboutBrackets(err error) bool {
	var place *msl.Error
	return errors.As(err, &place) && (strings.Contains(place.Msg, "not closed") || strings.HasPrefix(place.Msg, "unexpected "))
}

// bodyAt is where the body stands.
func (r *reader) bodyAt() string {
	if r.Source == nil {
		return "metal_kernel.source"
	}
	return "source"
}

// named holds inputs and outputs against the buffers.
func (r *reader) named(m *MetalKernel) {
	if !mlxkernel.Identifier(m.Name) {
		r.fault("metal_kernel.name", "bad_name", "not a name", "Use letters, digits and underscores: %q is not one.", m.Name)
	}
	if len(m.Outputs) == 0 {
		r.fault("metal_kernel.outputs", "no_output", "no output", "Write outputs = [\"out\"], and buffer \"out\" with output = true.")
	}
	seen := map[string]string{}
	for _, list := range []struct {
		what  string
		names []string
	}{{"input", m.Inputs}, {"output", m.Outputs}} {
		for i, name := range list.names {
			r.bodyBuffer(list.what, name, fmt.Sprintf("metal_kernel.%ss[%d]", list.what, i), seen[name])
			seen[name] = list.what
		}
	}
}

// bodyBuffer holds an input or output, which may be one already, against its buffer.
func (r *reader) bodyBuffer(what, name, at, already string) {
	b := r.buffers[name]
	switch {
	case !mlxkernel.Identifier(name):
		r.fault(at, "bad_name", "not a name", "Use letters, digits and underscores: %q is not one.", name)
	case already != "":
		r.fault(at, "bad_name", fmt.Sprintf("%q is an %s already", name, already), "Name another buffer, or delete one of the two: each is an argument of its own.")
	case b == nil:
		r.fault(at, "missing_argument", fmt.Sprintf("%q has no buffer", name), "%s%s Write buffer %q { … } with dtype, shape, and fill or output = true.", thereIs(sorted(r.Buffer), "buffer"), didYouMean(name, sorted(r.Buffer)), name)
	case what == "output" && !b.output:
		r.fault(label("buffer", name), "no_output", "an output of the body is not checked", "Write output = true.")
	}
}

// whole gives a body the types and shapes of the buffers; false if there is a fault.
func (r *reader) whole(m *MetalKernel, body string) (b mlxkernel.Body, ok bool) {
	b = mlxkernel.Body{Name: m.Name, Template: m.Template, Header: m.Header, Source: body, Atomic: m.Atomic}
	for _, name := range sorted(m.Template) {
		if _, kind := mlxkernel.Argument(m.Template[name]); kind == "" || !mlxkernel.Identifier(name) {
			if dtype := words[m.Template[name]]; dtype != "" {
				r.fault(label("metal_kernel.template", name), "template", "not a template argument", "Write %q, which Metal calls %s.", dtype, m.Template[name])
				return b, false
			}
			r.fault(label("metal_kernel.template", name), "template", "not a template argument", "Write a dtype such as \"float32\", a whole number, true or false.")
			return b, false
		}
	}
	arrays := func(names []string) (out []mlxkernel.Array) {
		for _, name := range names {
			buf := r.buffers[name]
			if buf.element == nil {
				ok = false
				return nil
			}
			out = append(out, mlxkernel.Array{Name: name, DType: buf.element.name, Shape: buf.shape})
		}
		return out
	}
	ok = true
	b.Inputs, b.Outputs = arrays(m.Inputs), arrays(m.Outputs)
	return b, ok
}

func (m *MetalKernel) function() string {
	b := mlxkernel.Body{Name: m.Name}
	return b.Function()
}
