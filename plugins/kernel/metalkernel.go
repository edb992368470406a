package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/assay-bench/assay/metal"
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

// constantElements: an input of fewer elements is in the constant address space.
const constantElements = 8

// attributes that a body may use by name, with the types that MLX gives them.
var attributes = [][2]string{
	{"dispatch_quadgroups_per_threadgroup", "uint"}, {"dispatch_simdgroups_per_threadgroup", "uint"},
	{"dispatch_threads_per_threadgroup", "uint3"}, {"grid_origin", "uint3"}, {"grid_size", "uint3"},
	{"quadgroup_index_in_threadgroup", "uint"}, {"quadgroups_per_threadgroup", "uint"},
	{"simdgroup_index_in_threadgroup", "uint"}, {"simdgroups_per_threadgroup", "uint"},
	{"thread_execution_width", "uint"}, {"thread_index_in_quadgroup", "uint"},
	{"thread_index_in_simdgroup", "uint"}, {"thread_index_in_threadgroup", "uint"},
	{"thread_position_in_grid", "uint3"}, {"thread_position_in_threadgroup", "uint3"},
	{"threadgroup_position_in_grid", "uint3"}, {"threadgroups_per_grid", "uint3"},
	{"threads_per_grid", "uint3"}, {"threads_per_simdgroup", "uint"}, {"threads_per_threadgroup", "uint3"},
}

// prelude is what a body finds there, of what MLX puts before it.
const prelude = `#include <metal_stdlib>
using namespace metal;
typedef half float16_t;
typedef bfloat bfloat16_t;
template <typename Index>
inline long elem_to_loc(Index elem, constant const int *shape, constant const long *strides, int ndim) {
  long at = 0;
  for (int d = ndim - 1; d >= 0; d--) {
    at += long(elem % Index(shape[d])) * strides[d];
    elem /= Index(shape[d]);
  }
  return at;
}
template <typename N, typename M>
inline N ceildiv(N n, M m) { return (n + m - 1) / m; }
`

var identifier = regexp.MustCompile(`^[A-Za-z_]\w*$`)

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
	case r.Source != nil:
		raw, err := readSource(*r.Source)
		if err != nil {
			r.fault("source", "source", "the source cannot be read", "%v", err)
			return nil
		}
		body, src.Name = raw, short(*r.Source)
		src.Folders = append([]string{filepath.Dir(*r.Source)}, r.Include...)
	}
	signature, ok := r.signature(m, body)
	if !ok {
		return nil
	}
	src.Text = fmt.Sprintf("#line 1 \"metal_kernel\"\n%s#line 1 %q\n%s\n%s#line 1 %q\n%s\n}\n%s", prelude, m.Name+" header", m.Header, signature, src.Name, body, r.instance(m))
	out, err := r.sources.read(src)
	if err != nil {
		at := "source"
		if r.Source == nil {
			at = "metal_kernel.source"
		}
		var place *msl.Error
		if errors.As(err, &place) && place.File == m.Name+" signature" && strings.Contains(place.Msg, "not closed") {
			err = fmt.Errorf("%s: a bracket of the body is not closed", src.Name)
		}
		r.fault(at, "source", "the body cannot be read", "%v", err)
	}
	return out
}

// named holds inputs and outputs against the buffers.
func (r *reader) named(m *MetalKernel) {
	if !identifier.MatchString(m.Name) {
		r.fault("metal_kernel.name", "bad_name", "not a name", "Use letters, digits and underscores: %q is not one.", m.Name)
	}
	if len(m.Outputs) == 0 {
		r.fault("metal_kernel.outputs", "no_output", "no output", "Write outputs = [\"out\"], and buffer \"out\" with output = true.")
	}
	seen := map[string]bool{}
	for what, list := range map[string][]string{"inputs": m.Inputs, "outputs": m.Outputs} {
		for i, name := range list {
			at := fmt.Sprintf("metal_kernel.%s[%d]", what, i)
			b := r.buffers[name]
			switch {
			case !identifier.MatchString(name) || seen[name]:
				r.fault(at, "bad_name", "not a name of its own", "Use letters, digits and underscores, and each name once.")
			case b == nil:
				r.fault(at, "missing_argument", fmt.Sprintf("%q has no buffer", name), "There is %s%s. Write buffer %q { … } with dtype, shape, and fill or output = true.", listed(sorted(r.Buffer), "buffer"), didYouMean(name, sorted(r.Buffer)), name)
			case what == "outputs" && !b.output:
				r.fault(label("buffer", name), "no_output", "an output of the body is not checked", "Write output = true.")
			}
			seen[name] = true
		}
	}
}

// signature is the head of the kernel.
func (r *reader) signature(m *MetalKernel, body string) (string, bool) {
	var args []string
	add := func(format string, a ...any) {
		args = append(args, fmt.Sprintf(format+" [[buffer(%d)]]", append(a, len(args))...))
	}
	for _, name := range m.Inputs {
		b := r.buffers[name]
		if b.element == nil {
			return "", false
		}
		space, mark := "device", "*"
		if b.count < constantElements {
			space = "constant"
		}
		if len(b.shape) == 0 {
			mark = "&"
		}
		add("const %s %s%s %s", space, b.element.metal, mark, name)
		if len(b.shape) > 0 {
			r.shapes(b, body, add)
		}
	}
	for _, name := range m.Outputs {
		b := r.buffers[name]
		if b.element == nil {
			return "", false
		}
		typ := b.element.metal
		if m.Atomic {
			typ = "atomic<" + typ + ">"
		}
		add("device %s* %s", typ, name)
	}
	for _, a := range attributes {
		if strings.Contains(body, a[0]) {
			args = append(args, fmt.Sprintf("%s %s [[%s]]", a[1], a[0], a[0]))
		}
	}
	head := ""
	if params, ok := r.template(m); !ok {
		return "", false
	} else if len(params) > 0 {
		head = "template <" + strings.Join(params, ", ") + ">\n"
	}
	return fmt.Sprintf("#line 1 %q\n%s[[kernel]] void %s(\n  %s) {\n", m.Name+" signature", head, m.function(), strings.Join(args, ",\n  ")), true
}

// shapes are the arguments that a body gets when it uses their names.
func (r *reader) shapes(b *buffer, body string, add func(string, ...any)) {
	strides, step := make([]int, len(b.shape)), 1
	for d := len(b.shape) - 1; d >= 0; d-- {
		strides[d] = step
		step *= b.shape[d]
	}
	var shapes, longs []byte
	for d := range b.shape {
		shapes = binary.LittleEndian.AppendUint32(shapes, uint32(b.shape[d]))
		longs = binary.LittleEndian.AppendUint64(longs, uint64(strides[d]))
	}
	for _, a := range []struct {
		suffix, declared string
		bytes            []byte
	}{
		{"_shape", "const constant int* ", shapes},
		{"_strides", "const constant long* ", longs},
		{"_ndim", "const constant int& ", binary.LittleEndian.AppendUint32(nil, uint32(len(b.shape)))},
	} {
		if strings.Contains(body, b.name+a.suffix) {
			r.extra[b.name+a.suffix] = a.bytes
			add("%s%s", a.declared, b.name+a.suffix)
		}
	}
}

// template lists the parameters.
func (r *reader) template(m *MetalKernel) (params []string, ok bool) {
	for _, name := range sorted(m.Template) {
		_, kind := templateValue(m.Template[name])
		if kind == "" || !identifier.MatchString(name) {
			r.fault(label("metal_kernel.template", name), "template", "not a template argument", "Write a dtype such as \"float32\", a whole number, true or false.")
			return nil, false
		}
		params = append(params, kind+" "+name)
	}
	return params, true
}

// templateValue spells an argument in Metal; kind is that of its parameter, empty
// if it is none.
func templateValue(text string) (value, kind string) {
	if e := elementNamed(text); e != nil {
		return e.metal, "typename"
	}
	if text == "true" || text == "false" {
		return text, "bool"
	}
	if _, err := strconv.ParseInt(text, 10, 32); err == nil {
		return text, "int"
	}
	return "", ""
}

func (m *MetalKernel) function() string { return "custom_kernel_" + m.Name }

// instance is the explicit instantiation of a body with template arguments.
func (r *reader) instance(m *MetalKernel) string {
	if len(m.Template) == 0 {
		return ""
	}
	var values []string
	for _, name := range sorted(m.Template) {
		v, _ := templateValue(m.Template[name])
		values = append(values, v)
	}
	f := m.function() + "<" + strings.Join(values, ", ") + ">"
	return fmt.Sprintf("#line 1 %q\ntemplate [[host_name(%q)]] [[kernel]] decltype(%s) %s;\n", m.Name+" signature", m.function(), f, f)
}
