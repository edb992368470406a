package sdk

import (
	"fmt"
	"io"
	"strings"
)

// Tool is a command that a plugin brings, beside measuring: `assay NAME TOOL ARGS…`
// runs it, with NAME the plugin's. It runs in a process of its own, in the user's
// working folder, and opens no device.
type Tool struct {
	Name string
	Doc  string // one line: what it does with which arguments
	Run  func(args []string, out io.Writer) error
}

// runTool runs the tool that the arguments ask for.
func runTool(plugin string, tools []Tool, args []string, out io.Writer) error {
	var known []string
	for _, t := range tools {
		if len(args) > 0 && args[0] == t.Name {
			return t.Run(args[1:], out)
		}
		known = append(known, fmt.Sprintf("  assay %s %s  %s", plugin, t.Name, t.Doc))
	}
	if len(known) == 0 {
		return fmt.Errorf("plugin %s has no commands of its own: assay plugin docs %s says what it measures", plugin, plugin)
	}
	return fmt.Errorf("plugin %s has these commands:\n%s", plugin, strings.Join(known, "\n"))
}
