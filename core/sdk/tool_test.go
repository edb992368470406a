package sdk

import (
	"fmt"
	"io"
	"strings"
	"testing"
)

func TestTools(t *testing.T) {
	tools := []Tool{{Name: "count", Doc: "ARG…: counts them", Run: func(args []string, out io.Writer) error {
		_, err := fmt.Fprint(out, len(args))
		return err
	}}}
	for name, c := range map[string]struct {
		tools     []Tool
		args      []string
		out, want string
	}{
		"runs":         {tools, []string{"count", "a", "b"}, "2", ""},
		"another name": {tools, []string{"cuont"}, "", "assay p count  ARG…: counts them"},
		"nothing":      {tools, nil, "", "these commands"},
		"without any":  {nil, []string{"count"}, "", "no commands of its own"},
	} {
		var out strings.Builder
		err := runTool("p", c.tools, c.args, &out)
		if out.String() != c.out || (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %q, %v", name, out.String(), err)
		}
	}
}
