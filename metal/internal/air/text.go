package air

import (
	"regexp"
	"strings"
)

// name is a global name in LLVM text: @main, @"a name".
const name = `@(?:"[^"]*"|[-\w.$]+)`

var (
	declaration = regexp.MustCompile(`^declare (.*?) ?(` + name + `)\((.*)\)`)
	callable    = regexp.MustCompile(name + `\(`)
	called      = regexp.MustCompile(`\bcall\b.*?(@air\.[\w.]+)\(`)
	label       = regexp.MustCompile(`^(?:"[^"]*"|[-\w.$]+):`)
	space       = regexp.MustCompile(` addrspace\(\d+\)`)
	intrinsic   = regexp.MustCompile(`@llvm\.mem(\w+)((?:\.p\d+)+)\.`)
	pointer     = regexp.MustCompile(`\.p\d+`)
	readable    = regexp.MustCompile(` dereferenceable(?:_or_null)?\(\d+\)`)
	unnamed     = regexp.MustCompile(`^ (?:local_)?unnamed_addr`)
	section     = regexp.MustCompile(`,? section "[^"]*"`)
)

// flat is a line without address spaces: this machine has one, and checks of
// accesses pass pointers of others over. What a pointer is said to be readable for
// goes too, as an argument may be left out, and so does what would spare an access
// its check.
func flat(line string) string {
	line = space.ReplaceAllString(line, "")
	if strings.HasPrefix(line, "!") {
		return line
	}
	line = strings.ReplaceAll(line, "addrspacecast", "bitcast")
	line = readable.ReplaceAllString(line, "")
	line = section.ReplaceAllString(line, "")
	line = uncheck.ReplaceAllString(line, "")
	return intrinsic.ReplaceAllStringFunc(line, func(s string) string { return pointer.ReplaceAllString(s, ".p0") })
}

// split cuts a list at its commas, outside brackets.
func split(list string) (out []string) {
	depth, begin := 0, 0
	for i, c := range list {
		switch {
		case strings.ContainsRune("([{<", c):
			depth++
		case strings.ContainsRune(")]}>", c):
			depth--
		case c == ',' && depth == 0:
			out = append(out, strings.TrimSpace(list[begin:i]))
			begin = i + 1
		}
	}
	if rest := strings.TrimSpace(list[begin:]); rest != "" {
		out = append(out, rest)
	}
	return out
}

// closing is the index of the bracket that closes the one at i, or -1.
func closing(s string, i int) int {
	depth := 0
	for ; i < len(s); i++ {
		switch s[i] {
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				return i
			}
		case '"':
			n := strings.IndexByte(s[i+1:], '"')
			if n < 0 {
				return -1
			}
			i += n + 1
		}
	}
	return -1
}

// firstType is the type that a parameter begins with; attributes follow.
func firstType(param string) string {
	depth := 0
	for i, c := range param {
		switch {
		case strings.ContainsRune("([{<", c):
			depth++
		case strings.ContainsRune(")]}>", c):
			depth--
		case c == ' ' && depth == 0:
			return param[:i]
		}
	}
	return param
}

var vector = regexp.MustCompile(`^<(\d+) x (\w+)>$`)
