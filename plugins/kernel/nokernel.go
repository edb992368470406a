package main

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/agext/levenshtein"
)

// functions are heads of functions without a value, with what stands before.
var functions = regexp.MustCompile(`^\s*(?:template\s*<[^{};]*>\s*)?(.*?)\bvoid\s+(\w+)\s*\(`)

// without is the error of a source that has no kernel: what looks like one is named.
func (t *text) without() error {
	const write = "write \"kernel void NAME(…)\", or name another file"
	template := false
	for i, line := range strings.Split(t.src.Text, "\n") {
		m := functions.FindStringSubmatch(line)
		if m == nil {
			template = strings.HasPrefix(strings.TrimSpace(line), "template")
			continue
		}
		at, before := fmt.Sprintf("%s:%d", t.src.Name, i+1), strings.TrimSpace(m[1])
		template = template || strings.HasPrefix(strings.TrimSpace(line), "template")
		switch d := levenshtein.Distance(before, "kernel", nil); {
		case template && strings.Contains(before, "kernel"):
			return fmt.Errorf("%s has no kernel: the template %s has no instantiation: write template [[host_name(%q)]] kernel decltype(%s<float>) %s<float>; with its types", at, m[2], m[2], m[2], m[2])
		case before != "" && before != "kernel" && d <= 2:
			return fmt.Errorf("%s has no kernel: write kernel for %s", at, before)
		case before == "":
			return fmt.Errorf("%s has no kernel: write kernel before void %s( if that is one", at, m[2])
		}
	}
	return fmt.Errorf("%s has no kernel: %s", t.src.Name, write)
}
