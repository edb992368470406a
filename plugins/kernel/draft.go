package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/hashicorp/hcl/v2/hclwrite"

	"github.com/assay-bench/assay/metal/msl"
)

// Guesses.
const (
	guessedElements = 1024
	guessedGroup    = 256
	guessedGroups   = 4
	guessedSide     = 32 // of several extents, whose product is guessedElements
)

// inGroups says that the kernel counts threadgroups, and not threads.
func inGroups(k *msl.Kernel) bool {
	return reads(k, "threadgroup_position_in_grid") && !reads(k, "thread_position_in_grid")
}

// guessedShape has what each of the threadgroups may go through, as guessedCount
// has it.
func guessedShape(k *msl.Kernel) string {
	shape := strconv.Itoa(guessedElements)
	if guessedCount(k) == guessedSide {
		shape = fmt.Sprintf("%d, %[1]d", guessedSide)
	}
	if inGroups(k) {
		return fmt.Sprintf("%d, %s", guessedGroups, shape)
	}
	return shape
}

// guessedCount is the value of whole numbers: elements of a row, or one of several
// extents.
func guessedCount(k *msl.Kernel) int {
	n := 0
	for _, a := range k.Args {
		if counts(a) {
			n++
		}
	}
	if n > 1 {
		return guessedSide
	}
	return guessedElements
}

// counts says that an argument is one whole number.
func counts(a msl.Arg) bool {
	l, ok := layoutOf(a.Type)
	return a.Value() && ok && len(l.scalars) == 1 && l.size >= 2 && (l.scalars[0].class == signed || l.scalars[0].class == unsigned)
}

// draft is the experiment.
func draft(t *text, k *msl.Kernel, source string, include []string) []byte {
	b := &strings.Builder{}
	say := func(format string, args ...any) { fmt.Fprintf(b, format+"\n", args...) }
	gpu := "a GPU"
	if compiled(source) {
		gpu = "an Apple GPU"
	}
	say("variable \"device\" {\ndefault = \"auto\"\ndescription = \"sim checks what is computed, on any machine; %s measures\"\n}\n", gpu)
	say("experiment %q {", word(k.Name))
	say("plugin = \"kernel\"\ndevice = var.device")
	say("\nconfig {")
	if len(include) > 0 {
		say("include = [%s]", strings.Join(quoted(include), ", "))
	}
	say("kernel = %q", k.Name)
	draftExtents(k, say)
	constants(t.kernels.functionConstants(k), say)
	groupMemory(k, say)
	for _, a := range buffers(k) {
		if t.valued(a) {
			draftValue(t, k, a, say)
		} else {
			draftBuffer(k, a, say)
		}
	}
	say("}\n")
	say("variant \"now\" {\nbaseline = true\nconfig { source = %q }\n}", source)
	say("variant \"next\" {\nsame_as = \"now\" # TODO: delete this line, and name the other version below\nconfig { source = %q }\n}", source)
	say("guardrail \"not_slower\" { phase = %q }", phase)
	say("}")
	return hclwrite.Format([]byte(b.String()))
}

// draftExtents writes a grid of guessedElements threads, in x and y if the kernel
// counts several extents there.
func draftExtents(k *msl.Kernel, say func(string, ...any)) {
	most := guessedGroup
	if k.MaxThreads > 0 {
		most = min(most, k.MaxThreads)
	}
	threads := strconv.Itoa(most)
	flat := slices.ContainsFunc(k.Args, func(a msl.Arg) bool { return a.Attr == "thread_position_in_grid" && bare(a.Type) })
	switch {
	case inGroups(k):
		say("threadgroups = [%d] # TODO: x, y, z", guessedGroups)
	case !flat && guessedCount(k) == guessedSide:
		say("grid = [%d, %[1]d] # TODO: threads in x, y, z", guessedSide)
		threads = fmt.Sprintf("%d, %d", min(guessedSide, most), max(1, most/guessedSide))
	default:
		say("grid = [%d] # TODO: threads in x, y, z", guessedElements)
	}
	say("threadgroup = [%s]", threads)
}

// bare says that a type is one scalar.
func bare(typ string) bool {
	l, ok := layoutOf(typ)
	return ok && len(l.scalars) == 1
}

func reads(k *msl.Kernel, attribute string) bool {
	for _, a := range k.Args {
		if a.Attr == attribute {
			return true
		}
	}
	return false
}

// constants gives each a value.
func constants(all []msl.FunctionConstant, say func(string, ...any)) {
	if len(all) == 0 {
		return
	}
	say("constants = {")
	for _, c := range all {
		say("%s = %s # TODO: %s", c.Name, guess(c.Type), plainType(c.Type))
	}
	say("}")
}

// guess is a value of a type.
func guess(typ string) string {
	l, ok := layoutOf(typ)
	switch {
	case ok && l.scalars[0].class == boolean:
		return "true"
	case ok && l.scalars[0].class == floating:
		return "1.0"
	}
	return "1"
}

func groupMemory(k *msl.Kernel, say func(string, ...any)) {
	begun := false
	for _, a := range k.Args {
		if a.Space != msl.Threadgroup {
			continue
		}
		if !begun {
			say("threadgroup_memory = {")
			begun = true
		}
		say("%s = 4096 # TODO: bytes", a.Name)
	}
	if begun {
		say("}")
	}
}

// valued says that an argument is given by value: a reference, or a pointer to a
// structure, of which there is one as a rule.
func (t *text) valued(a msl.Arg) bool {
	if a.Value() {
		return true
	}
	_, _, ok := t.members(a)
	return ok && a.Space == msl.Constant
}

func draftValue(t *text, k *msl.Kernel, a msl.Arg, say func(string, ...any)) {
	say("value %q {", a.Name)
	defer say("}")
	if l, ok := layoutOf(a.Type); ok {
		if len(l.scalars) == 1 {
			v := guess(a.Type)
			if counts(a) {
				v = strconv.Itoa(guessedCount(k))
			}
			say("value = %s # TODO: %s", v, plainType(a.Type))
			return
		}
		say("values = [%s] # TODO: %s", strings.TrimSuffix(strings.Repeat(guess(a.Type)+", ", len(l.scalars)), ", "), plainType(a.Type))
		return
	}
	types, names, ok := t.members(a)
	if !ok && a.Layout != nil && a.Layout.Size <= mostScalars {
		say("type = \"uchar\" # TODO: or the types of %s's members", plainType(a.Type))
		say("values = [%s] # TODO: its %d bytes", strings.TrimSuffix(strings.Repeat("0, ", a.Layout.Size), ", "), a.Layout.Size)
		return
	}
	if !ok {
		say("type = \"uint\" # TODO: the types of %s's members, such as \"uint, uint, float\"", plainType(a.Type))
		say("values = [1] # TODO: their values")
		return
	}
	say("values = [ # %s", plainType(a.Type))
	for i, typ := range types {
		l, _ := layoutOf(typ)
		for n := range l.scalars {
			at := ""
			if len(l.scalars) > 1 {
				at = fmt.Sprintf("[%d]", n)
			}
			say("%s, # TODO: %s %s%s", guess(typ), typ, names[i], at)
		}
	}
	say("]")
}

func draftBuffer(k *msl.Kernel, a msl.Arg, say func(string, ...any)) {
	l, ok := elementsOf(a)
	say("buffer %q {", a.Name)
	defer say("}")
	shape, note, dtype := guessedShape(k), "", "uint8"
	if ok {
		dtype = l.scalars[0].name
		if n := l.size / l.scalars[0].size; n > 1 {
			shape += ", " + strconv.Itoa(n)
		}
	} else {
		shape, note = "65536", fmt.Sprintf(", in bytes of %s", plainType(a.Type))
	}
	say("dtype = %q", dtype)
	say("shape = [%s] # TODO%s", shape, note)
	switch {
	case a.Space == msl.Device && !a.Constant:
		say("output = true")
	case ok && l.scalars[0].class == floating:
		say("fill = \"normal\"")
	default:
		say("fill = \"zeros\"")
	}
}
