package msl

import (
	"fmt"
	"sort"
)

// Space is a Metal address space as a kernel argument names it.
type Space string

// The address spaces of kernel arguments; Builtin marks a position attribute.
const (
	Device      Space = "device"
	Constant    Space = "constant"
	Threadgroup Space = "threadgroup"
	Builtin     Space = ""
)

// Unit is one Metal source, read.
type Unit struct {
	File      string
	Files     []string           // File and the names that #line directives give
	Kernels   []Kernel           // in source order
	Constants []FunctionConstant // in source order
	// NoContract is set by "#pragma METAL fp contract(off)" or the clang
	// spelling of it: a*b+c must then not become one fused operation.
	NoContract bool

	toks    []token
	edits   map[int]edit
	match   []int // index of the matching bracket, -1 elsewhere
	globals []global
	// Declarations that only a target with address spaces has: functions that
	// differ from others in address spaces alone, and explicit instantiations of
	// kernels. First token -> last.
	spaced  map[int]int
	before  map[int]string // what a rendering that is run writes before a token, and after it
	after   map[int]string
	beside  map[int]span    // first token of an arm of ?: -> the other arm, where they may differ in type
	assigns map[int]bool    // shifts that assign and are rewritten
	swizzle []string        // swizzles in use, sorted
	members map[string]bool // names of this form that a structure declares
	decls   []*declaration  // in source order
	shared  map[int]*sharedDecl
	values  map[string]bool // names of template parameters that are numbers
	asks    map[string]bool // function constants that is_function_constant_defined asks for
	byName  map[string][]*declaration
}

// FunctionConstant is a `constant T name [[function_constant(n)]]`.
type FunctionConstant struct {
	Name  string
	Type  string
	Index int
	File  string
	Line  int
	begin int // first token of the declaration
}

// Kernel is one entry point: a kernel function or one explicit instantiation
// of a kernel template.
type Kernel struct {
	Name         string // host name, what Library.Kernel looks up
	Symbol       string // name of the entry point in rendered source
	Function     string // the function, with its namespace, without template arguments
	TemplateArgs string // "float, 64, 4", empty for a plain kernel
	Args         []Arg
	Threadgroup  []ThreadgroupVar // threadgroup memory the kernel declares itself
	MaxThreads   int              // [[max_total_threads_per_threadgroup(n)]], 0 if absent
	File         string
	Line         int

	fn      *function
	place   int    // its first token
	refusal *Error // why the kernel itself cannot be used
}

// Arg is one argument of a kernel, in declaration order.
type Arg struct {
	Name      string
	Index     int     // [[buffer(n)]] or [[threadgroup(n)]]; given by Metal's rule when the source leaves it out; -1 for builtins
	Space     Space   // Builtin for position attributes
	Type      string  // type without address space, pointer or reference: "const float", "Params", "uint3"
	Attr      string  // "buffer", "threadgroup" or the position attribute
	Reference bool    // T& rather than T*
	Constant  bool    // the data cannot be written through this argument
	Restrict  bool    // declared restrict
	Enabled   string  // name of the function constant that must be true for the argument to exist, or empty
	Layout    *Layout // nil: not known, or a builtin
	File      string
	Line, Col int
}

// Value reports whether the argument is passed by value to rendered CUDA
// kernels: a reference to constant data, which callers mostly set from bytes.
func (a Arg) Value() bool { return a.Space == Constant && a.Reference }

// ThreadgroupVar is threadgroup memory declared in a kernel's body.
type ThreadgroupVar struct {
	Name string
	Type string // element type with its dimensions as written: "float [32]"
	Line int
}

// Kernel finds a kernel by host name.
func (u *Unit) Kernel(name string) (*Kernel, bool) {
	for i := range u.Kernels {
		if u.Kernels[i].Name == name {
			return &u.Kernels[i], true
		}
	}
	return nil, false
}

// Names lists the kernels' host names, sorted.
func (u *Unit) Names() []string {
	names := make([]string, len(u.Kernels))
	for i, k := range u.Kernels {
		names[i] = k.Name
	}
	sort.Strings(names)
	return names
}

// global is a program-scope variable in the constant address space.
type global struct {
	begin, end int // tokens, end at the ';'
	name       string
	array      bool
	scalar     bool // of a builtin scalar type
	constexpr  bool
}

// function is a kernel function definition.
type function struct {
	name      string // unqualified
	namespace string // "a::b", empty at the top
	template  []templateParam
	args      []Arg
	shared    []ThreadgroupVar
	hostName  string
	max       int
	maxText   []token // of a template, where max depends on its parameters
	begin     int     // first token of the declaration, template head included
	end       int     // closing brace
	body      int     // opening brace
	file      string
	line      int
}

type templateParam struct {
	name     string // empty if unnamed
	value    bool   // no type and no template
	pack     bool
	fallback string // default argument
}

// edit replaces one token when a source is written back.
type edit struct {
	role  role
	text  string // roleText: what to write instead
	until int    // roleShared: the ';' that ends the declaration
	added int    // roleText of a range of an initializer: elements that text has
}

type role uint8

const (
	roleNone     role = iota
	roleErase         // write nothing
	roleText          // write text
	roleShared        // a threadgroup variable declaration begins here
	roleGlobal        // a program-scope constant begins here: index in text order of globals
	roleConstant      // function constant declaration begins here
	roleDefined       // is_function_constant_defined(text)
	roleMembers       // a ; that text follows: accessors of members named like swizzles
)

// errorAt makes a fault at a token.
func (u *Unit) errorAt(t token, construct, format string, args ...any) *Error {
	return &Error{File: t.file, Line: t.line, Col: t.col, Construct: construct, Msg: fmt.Sprintf(format, args...)}
}
