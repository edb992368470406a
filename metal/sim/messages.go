package sim

import (
	"regexp"
	"slices"
	"strings"

	"github.com/assay-bench/assay/metal/msl"
)

// message is a line of clang's or g++'s that has a place; "required from here"
// and the like have no kind.
var message = regexp.MustCompile(`^(.*?):\d+(?::\d+)?: +(error:|note:)?`)

// column is the place in a line of what was rendered, which is none of the source's.
var column = regexp.MustCompile(`^(.*?:\d+):\d+: `)

// relevant keeps the compiler's errors, each once, and of what belongs to them
// what is about the sources: the prelude is nothing that a kernel's author can
// look up.
func relevant(out string, sources []string) string {
	var keep, before []string
	add := func(line string) {
		if line = msl.InSource(column.ReplaceAllString(line, "$1: ")); !slices.Contains(keep, line) {
			keep = append(keep, line)
		}
	}
	for line := range strings.SplitSeq(strings.TrimSpace(out), "\n") {
		m := message.FindStringSubmatch(line)
		own := m != nil && slices.Contains(sources, m[1])
		switch {
		case m != nil && m[2] == "error:":
			add(line)
			for _, from := range before { // where g++ comes from when it finds an error in the prelude
				if !own {
					add(from)
				}
			}
			before = nil
		case own && m[2] == "note:", m == nil && (strings.Contains(line, "error:") || strings.Contains(line, "undefined")):
			add(line)
		case own:
			before = append(before, line)
		}
	}
	if len(keep) == 0 {
		keep = strings.Split(out, "\n")
	}
	if len(keep) > 20 {
		keep = append(keep[:20], "...")
	}
	return strings.Join(keep, "\n")
}
