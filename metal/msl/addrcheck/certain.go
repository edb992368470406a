package addrcheck

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/msl"
)

// Certain reports, for the kernels of the options and what they need, pointers and references to one address space that meet
// another. Of clang's errors it keeps those about nothing else, so that whatever
// Metal accepts passes; some of what Metal refuses passes as well. The error is
// metal.ErrCompile with file:line:col.
func Certain(ctx context.Context, clang string, unit *msl.Unit, o msl.Options) error {
	said, err := compile(ctx, clang, unit, o, 0)
	if err != nil {
		return err
	}
	found := certain(said, unit.Files)
	if len(found) == 0 {
		return nil
	}
	if len(found) > 20 {
		found = append(found[:20], "...")
	}
	return fmt.Errorf("%s: %w: Metal keeps address spaces apart; write the one a pointer points into, as in `const device float *`:\n%s",
		unit.File, metal.ErrCompile, strings.Join(found, "\n"))
}

var (
	diagnostic = regexp.MustCompile(`^(.*):(\d+:\d+): (error|note): (.*)$`)
	// Two types in quotes, each perhaps with what it is short for.
	quoted  = regexp.MustCompile(`'([^']*)'(?: \(aka '([^']*)'\))?`)
	mixture = regexp.MustCompile(`^cannot initialize an? .* of type '.* with an? .value of type '` +
		`|^(static_cast|reinterpret_cast|const_cast|C-style cast) from ` +
		`|changes address space of pointer$` +
		`|^incompatible operand types|^comparison of distinct pointer types|non-overlapping address spaces`)
	reference = regexp.MustCompile(`^binding reference of type '[^']*'.* changes address space$`)
	spaceWord = regexp.MustCompile(`\b(device|constant|threadgroup)\b|\*`)
	candidate = regexp.MustCompile(`^candidate function.*: (cannot pass pointer to |no known conversion from '|requires .* argument)`)
)

// certain picks the errors of files that are about address spaces alone, one
// for each place.
func certain(said string, files []string) []string {
	// Such member functions are declared twice for clang, and their bodies are
	// checked as if they were in thread memory: nothing is certain then.
	if strings.Contains(said, "function type may not be qualified with an address space") {
		return nil
	}
	var found []string
	seen := map[string]bool{}
	lines := strings.Split(said, "\n")
	for i, line := range lines {
		m := diagnostic.FindStringSubmatch(line)
		if m == nil || m[3] != "error" || !slices.Contains(files, m[1]) || seen[m[1]+m[2]] {
			continue
		}
		notes := lines[i+1:]
		if n := slices.IndexFunc(notes, func(l string) bool { return strings.Contains(l, ": error: ") }); n >= 0 {
			notes = notes[:n]
		}
		switch {
		case mixes(m[4]):
			notes = nil
		case !strings.HasPrefix(m[4], "no matching function for call") || !calls(notes, files):
			continue
		}
		seen[m[1]+m[2]] = true
		found = append(append(found, line), notes...)
	}
	return found
}

// mixes reports whether an error names two pointers, or a reference that may be
// written through and a value, of different address spaces.
func mixes(text string) bool {
	types := quoted.FindAllStringSubmatch(text, -1)
	if len(types) < 2 {
		return false
	}
	a, b := written(types[0]), written(types[1])
	if reference.MatchString(text) {
		return !strings.Contains(a, "const") && !slices.Equal(spaces(a), spaces(b))
	}
	return mixture.MatchString(text) && apart(types)
}

// apart reports whether the first two types are pointers into different spaces.
func apart(types [][]string) bool {
	a, b := written(types[0]), written(types[1])
	return strings.Contains(a, "*") && strings.Contains(b, "*") && !slices.Equal(spaces(a), spaces(b))
}

// written is a type without its short name, an array as the pointer it turns into.
func written(quoted []string) string {
	typ := quoted[1]
	if quoted[2] != "" {
		typ = quoted[2]
	}
	if strings.HasSuffix(typ, "]") {
		typ = typ[:strings.IndexByte(typ, '[')] + " *"
	}
	return typ
}

// spaces are a type's pointers and address spaces in the order they are written.
func spaces(typ string) []string { return spaceWord.FindAllString(typ, -1) }

// calls reports whether a call fails for a pointer's address space: all
// functions of that name are the source's own, and those that take as many
// arguments have one of another space.
func calls(notes, files []string) bool {
	wrong := false
	for _, line := range notes {
		m := diagnostic.FindStringSubmatch(line)
		if m == nil || m[3] != "note" || strings.HasPrefix(m[4], "in instantiation of") {
			continue
		}
		reason := candidate.FindStringSubmatch(m[4])
		if !slices.Contains(files, m[1]) || reason == nil {
			return false
		}
		switch {
		case strings.HasPrefix(reason[1], "cannot"):
			wrong = true
		case strings.HasPrefix(reason[1], "no known"):
			types := quoted.FindAllStringSubmatch(m[4], 2)
			if len(types) < 2 || !apart(types) {
				return false
			}
			wrong = true
		}
	}
	return wrong
}
