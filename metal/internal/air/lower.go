package air

import (
	"fmt"
	"slices"
	"strings"

	"github.com/assay-bench/assay/metal/msl"
)

// Symbol is the name of a lowered kernel's entry.
const Symbol = "kernel"

// Lower turns a kernel's LLVM text into a module for this machine. The text is
// clang's, for this machine's target; k is its kernel by its metadata. Constants set
// function constants by index. What is not implemented is named.
func Lower(text string, k *msl.Kernel, constants map[int]any) (string, error) {
	m := &module{kernel: k, constants: constants, shared: map[string]*shared{}, declared: map[string]bool{}}
	lines := strings.Split(strings.ReplaceAll(text, "@llvm.fmuladd.", "@"+product), "\n")
	for _, line := range lines {
		if err := refused(flat(line)); err != nil {
			return "", err
		}
		m.noteShared(line)
	}
	for i := 0; i < len(lines); i++ {
		line := lines[i]
		switch {
		case strings.HasPrefix(line, "target "), strings.HasPrefix(line, "source_filename"):
		case strings.HasPrefix(line, "@"):
			if err := m.global(line); err != nil {
				return "", err
			}
		case strings.HasPrefix(line, "declare "):
			if err := m.declare(flat(line)); err != nil {
				return "", err
			}
		case strings.HasPrefix(line, "define "):
			end := i + slices.Index(lines[i:], "}")
			if end < i {
				return "", fmt.Errorf("a function does not end: %s", line)
			}
			if err := m.define(lines[i : end+1]); err != nil {
				return "", err
			}
			i = end
		default:
			m.line(flat(line))
		}
	}
	if m.entry == nil {
		return "", fmt.Errorf("the bitcode has no kernel %q", k.Name)
	}
	if err := m.writeEntry(); err != nil {
		return "", err
	}
	m.out.WriteString(m.support())
	return m.out.String(), nil
}

// widest is the most elements of a vector in AIR, a simdgroup matrix's.
const widest = 64

// module is the text that comes of a kernel's.
type module struct {
	kernel    *msl.Kernel
	constants map[int]any
	shared    map[string]*shared // threadgroup variables by name
	declared  map[string]bool    // what has been, by line
	bfloats   bool               // it rounds to bfloat
	entry     []string           // types of the kernel's parameters
	symbol    string             // the kernel's function
	out       strings.Builder
	lines     int
}

func (m *module) line(s string) {
	m.out.WriteString(s)
	m.out.WriteByte('\n')
	m.lines += 1 + strings.Count(s, "\n")
}

// global writes a global variable.
func (m *module) global(line string) error {
	at, _, ok := strings.Cut(line, " = ")
	if !ok {
		return fmt.Errorf("not understood: %s", line)
	}
	if m.shared[at] != nil {
		return nil
	}
	if i := strings.Index(line, " externally_initialized constant "); i > 0 {
		value, err := m.constant(at, line[i+len(" externally_initialized constant "):])
		if err != nil {
			return err
		}
		m.line(at + " = internal constant " + value)
		return nil
	}
	m.line(flat(line))
	return nil
}

// declare writes a declaration: an air.* function becomes a definition that calls
// Library's.
func (m *module) declare(line string) error {
	d := declaration.FindStringSubmatch(line)
	if d == nil {
		return fmt.Errorf("not understood: %s", line)
	}
	s := signature{result: lastType(d[1]), params: split(d[3])}
	for i, p := range s.params {
		s.params[i] = firstType(p)
	}
	for _, t := range append([]string{s.result}, s.params...) {
		if n, _ := vectorOf(t); n > widest {
			return fmt.Errorf("%s is of vectors of %d, and Metal has none above %d", d[2], n, widest)
		}
	}
	if strings.HasPrefix(d[2], "@"+product) {
		m.line(unfused(d[2], s.result))
		return nil
	}
	own, isAir := strings.CutPrefix(strings.Trim(d[2], `@"`), "air.")
	if !isAir {
		if !strings.HasPrefix(d[2], "@llvm.") {
			return fmt.Errorf("the function %s is not in the bitcode, and none of Metal's", d[2])
		}
		if !m.declared[d[2]] {
			m.line(line)
		}
		m.declared[d[2]] = true
		return nil
	}
	s.name = own
	if strings.HasPrefix(own, "convert.") {
		return m.conversion(s)
	}
	f, each := find(own)
	if f == nil {
		return fmt.Errorf("air.%s is not implemented by sim", own)
	}
	return m.wrap(s, f, each)
}

// lastType is the type that the front of a declaration ends with.
func lastType(front string) string {
	depth := 0
	for i := len(front) - 1; i >= 0; i-- {
		switch c := front[i]; {
		case strings.IndexByte(")]}>", c) >= 0:
			depth++
		case strings.IndexByte("([{<", c) >= 0:
			depth--
		case c == ' ' && depth == 0:
			return front[i+1:]
		}
	}
	return front
}

// define writes a function. Accesses to memory are checked, threadgroup variables are
// asked for where it begins, and a call of an operation of lanes says where it is.
func (m *module) define(lines []string) error {
	h := hoisted{m: m, locals: map[string]bool{}}
	head := flat(lines[0])
	callee := callable.FindStringIndex(head)
	if callee == nil {
		return fmt.Errorf("not understood: %s", lines[0])
	}
	at, open := callee[0], callee[1]-1
	end := closing(head, open)
	if end < 0 {
		return fmt.Errorf("not understood: %s", lines[0])
	}
	if strings.Trim(head[at:open], `@"`) == m.kernel.Name {
		m.symbol, m.entry = head[at:open], []string{}
		for _, p := range split(head[open+1 : end]) {
			m.entry = append(m.entry, firstType(p))
		}
	}
	body := lines[1 : len(lines)-1]
	first := m.lines + 2 // of the body
	for i, line := range body {
		if line = flat(line); len(m.shared) > 0 {
			line = h.line(line)
		}
		body[i] = line
	}
	first += len(h.entry)
	for i := range body {
		if c := called.FindStringSubmatchIndex(body[i]); c != nil {
			body[i] = located(body[i], body[i][c[2]:c[3]], c[1]-1, first+i)
		}
		m.bfloats = m.bfloats || strings.Contains(body[i], "bfloat")
	}
	rest := head[end+1:]
	addressed := unnamed.FindString(rest) // stands before attributes
	m.line(head[:end+1] + addressed + " sanitize_address" + rest[len(addressed):])
	if len(h.entry) > 0 {
		if len(body) > 0 && label.MatchString(body[0]) {
			m.line(body[0])
			body = body[1:]
		}
		for _, s := range h.entry {
			m.line(s)
		}
	}
	for _, s := range body {
		m.line(s)
	}
	m.line("}")
	return nil
}

// located adds the line to a call of an operation of lanes, whose arguments begin at open.
func located(line, callee string, open, n int) string {
	f, _ := find(strings.TrimPrefix(callee, "@air."))
	end := closing(line, open)
	if f == nil || !f.lanes || end < 0 {
		return line
	}
	comma := ", "
	if end == open+1 {
		comma = ""
	}
	return fmt.Sprintf("%s%si32 %d%s", line[:end], comma, n, line[end:])
}
