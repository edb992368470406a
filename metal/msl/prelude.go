package msl

import (
	"embed"
	"fmt"
	"slices"
	"strings"
)

//go:embed prelude/*.h
var preludes embed.FS

// library is a prelude of namespace metal. A source that declares an os_log of its
// own beside it has not included Metal's, which is a header by itself.
func (u *Unit) library(names ...string) string {
	for _, d := range u.byName["os_log"] {
		if d.global {
			names = slices.DeleteFunc(slices.Clone(names), func(name string) bool { return name == "log" })
		}
	}
	return prelude(names...)
}

func prelude(names ...string) string {
	var b strings.Builder
	for _, name := range names {
		text, err := preludes.ReadFile("prelude/" + name + ".h")
		if err != nil {
			panic(err) // embedded: cannot be missing
		}
		fmt.Fprintf(&b, "#line 1 \"assay/%s.h\"\n%s", name, text)
	}
	return b.String()
}
