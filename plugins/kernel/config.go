package main

import (
	_ "embed"

	"github.com/assay-bench/assay/core/sdk"
	"github.com/assay-bench/assay/metal"
)

//go:embed README.md
var readme string

// phase is what is timed: all dispatches of the configuration, once.
const phase = "run"

// Config is a configuration.
type Config struct {
	Text
	Launch
	Dispatch    []Dispatch        `assay:"dispatch" help:"one of several dispatches, in order, instead of kernel, grid and threadgroup beside it"`
	Buffer      map[string]Buffer `assay:"buffer" label:"argument" help:"memory, bound to the kernel's argument of that name or index"`
	Value       map[string]Value  `assay:"value" label:"argument" help:"bytes that are copied with each dispatch, bound to the kernel's argument of that name or index"`
	MetalKernel *MetalKernel      `assay:"metal_kernel" help:"the source is the body of a kernel, as mx.fast.metal_kernel takes it"`
	Reference   *Reference        `assay:"reference" help:"a kernel that gets the same inputs, once; outputs are held against what it writes"`
	Bytes       *int64            `assay:"bytes" min:"1" help:"memory that one iteration must move at least, for GB/s; default: each buffer of each dispatch once"`
	Operations  *float64          `assay:"operations" min:"1" help:"operations of one iteration; the rate is then in op/s instead of call/s"`
}

// Text is what is compiled.
type Text struct {
	Source  *string           `assay:"source" path:"true" help:"the .metal file, or a compiled library (.metallib)"`
	Include []string          `assay:"include,optional" path:"true" help:"folders in which an #include is looked for, after the file's own"`
	Defines map[string]string `assay:"defines,optional" help:"preprocessor macros"`
}

// Launch is one dispatch.
type Launch struct {
	Kernel            *string           `assay:"kernel" help:"the kernel's name; default: the only one of the file"`
	Grid              []int             `assay:"grid,optional" help:"threads in x, y and z, as dispatchThreads counts them"`
	Threadgroups      []int             `assay:"threadgroups,optional" help:"instead of grid: threadgroups in x, y and z, as dispatchThreadgroups counts them"`
	Threadgroup       []int             `assay:"threadgroup,optional" help:"threads of a threadgroup in x, y and z; no longer than the grid"`
	Constants         map[string]string `assay:"constants,optional" help:"function constants, by name or index"`
	ThreadgroupMemory map[string]int    `assay:"threadgroup_memory,optional" help:"bytes of each [[threadgroup(n)]] argument, by name or index"`
	Arguments         map[string]string `assay:"arguments,optional" help:"which buffer or value an argument gets, by the argument's name or index; default: the one of that label"`
}

// Dispatch is one of several.
type Dispatch struct {
	Source *string `assay:"source" path:"true" help:"its own .metal or .metallib file; default: the configuration's"`
	Launch
}

// Reference is a kernel to hold outputs against.
type Reference struct {
	Text
	Launch
}

// Buffer is memory of the device.
type Buffer struct {
	DType     *string  `assay:"dtype" help:"type of an element: float32, float16, bfloat16, int8, int16, int32, int64, uint8, uint16, uint32, uint64 or bool; default: the file's"`
	Shape     []int    `assay:"shape,optional" help:"extents; none: the file's, or one element"`
	Fill      *string  `assay:"fill" help:"what it holds before each iteration that is checked; see Data" oneof:"zeros,ones,constant,normal,uniform,integers,arange,iota"`
	Value     *float64 `assay:"value" help:"of fill = \"constant\""`
	Low       *float64 `assay:"low" help:"least value of uniform (default 0) and integers (default 0)"`
	High      *float64 `assay:"high" help:"end of uniform (default 1) and integers; not reached"`
	Mean      *float64 `assay:"mean" help:"of normal; default 0"`
	Deviation *float64 `assay:"deviation" min:"0" help:"standard deviation of normal; default 1"`
	File      *string  `assay:"file" path:"true" help:"a .npy or .safetensors file that has what it holds"`
	Tensor    *string  `assay:"tensor" help:"name of the tensor in a .safetensors file"`
	Output    bool     `assay:"output" help:"the kernel writes it, and what it writes is checked" default:"false"`

	Expected       *string  `assay:"expected" path:"true" help:"a .npy or .safetensors file that has what the kernel must write"`
	ExpectedTensor *string  `assay:"expected_tensor" help:"name of the tensor in it"`
	Tolerance      *float64 `assay:"tolerance" min:"0" help:"largest error of an output, see Outputs; default 1e-5 for float32, 2e-3 for float16, 2e-2 for bfloat16, 0 for integers"`
}

// Value is bytes that are copied.
type Value struct {
	Type   *string  `assay:"type" help:"in Metal's words: \"uint\", \"float4\", or the types of a structure's members, \"uint, uint, float\"; default: the kernel's"`
	Value  *string  `assay:"value" help:"a number, true or false"`
	Values []string `assay:"values,optional" help:"instead of value: numbers of a vector, an array or a structure's members, in order"`
}

func plugin() sdk.Plugin[Config] {
	p := &parsed{}
	return sdk.Plugin[Config]{
		Name: "kernel", Version: "0.1.0", Source: "assay/kernel", Doc: readme,
		Devices: []string{string(metal.Apple), string(metal.CUDA), string(metal.Sim)},
		Metrics: []sdk.Metric{{
			Name: "rel_err", Better: sdk.BetterLower,
			Doc: "largest error of an output against reference or expected, relative to the largest value there",
		}},
		Declare: declare, Prepare: p.prepare,
		Validate: func(c Config) []sdk.Diagnostic { _, faults := p.resolve(c); return faults },
		Bytes: func(c Config) int64 {
			r, _ := p.resolve(c)
			return r.size()
		},
		Tools: []sdk.Tool{{Name: "new", Doc: "FILE.metal|FILE.metallib [--kernel NAME] [--include DIR] [-o FILE.hcl]: writes an experiment from the kernel's signature", Run: newExperiment}},
	}
}

// declare names the one phase. Its unit depends on whether operations are known.
func declare(c Config) ([]sdk.Phase, []sdk.Metric) {
	unit := "call"
	if c.Operations != nil {
		unit = "op"
	}
	return []sdk.Phase{{Name: phase, Doc: "all dispatches, once", Unit: unit}}, nil
}
