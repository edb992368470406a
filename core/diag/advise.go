package diag

import (
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
)

// Advise adds what may be written there to diagnostics about attributes and
// blocks that do not exist, where HCL itself has no suggestion. What is
// missing only because it is misspelt is not reported twice. diags are those
// of one body; they are changed in place. within says in which blocks of the
// body a name may be written, nil for none.
func Advise(diags hcl.Diagnostics, attributes, blocks []string, within func(name string) []string) hcl.Diagnostics {
	advise(diags, attributes, blocks, within)
	meant := Meant(diags)
	return slices.DeleteFunc(diags, func(d *hcl.Diagnostic) bool {
		name, ok := quoted(d.Detail)
		return ok && d.Summary == "Missing required argument" && meant[name]
	})
}

// Meant collects the names that diags of one body suggest.
func Meant(diags hcl.Diagnostics) map[string]bool {
	meant := map[string]bool{}
	for _, d := range diags {
		if _, rest, ok := strings.Cut(d.Detail, "Did you mean "); ok {
			if name, ok := quoted(rest); ok {
				meant[name] = true
			}
		}
	}
	return meant
}

func advise(diags hcl.Diagnostics, attributes, blocks []string, within func(name string) []string) {
	for _, d := range diags {
		switch {
		case d.Summary == "Missing required argument":
			if name, ok := quoted(d.Detail); ok && strings.HasSuffix(d.Detail, "no definition was found.") {
				d.Detail = fmt.Sprintf("The argument %q is required. Write %s = … in this block.", name, name)
			}
			continue
		case strings.HasPrefix(d.Summary, "Missing ") && strings.HasPrefix(d.Detail, "All "):
			if label, block, ok := strings.Cut(strings.TrimPrefix(d.Summary, "Missing "), " for "); ok {
				d.Detail = fmt.Sprintf("Every %s block has a %s. Write %s %q { … }.", block, label, block, label)
			}
			continue
		}
		switch d.Summary {
		case "Unsupported argument", "Unsupported block type", "Extraneous JSON object property", `Unexpected "dynamic" block`:
		default:
			continue
		}
		given, ok := quoted(d.Detail)
		if ok && within != nil {
			if inner := within(given); len(inner) > 0 {
				d.Detail = fmt.Sprintf("%q is not expected here. It belongs in the block %s.", given, strings.Join(inner, " or "))
				continue
			}
		}
		if strings.Contains(d.Detail, "Did you mean") {
			continue
		}
		if ok {
			if s := Suggest(given, append(append([]string(nil), attributes...), blocks...)); s != "" {
				d.Detail += fmt.Sprintf(" Did you mean %q?", s)
				continue
			}
		}
		switch {
		case len(attributes)+len(blocks) == 0:
			d.Detail += " Nothing may be written here."
		case len(blocks) == 0:
			d.Detail += fmt.Sprintf(" The arguments are: %s.", List(attributes))
		case len(attributes) == 0:
			d.Detail += fmt.Sprintf(" The blocks are: %s.", List(blocks))
		default:
			d.Detail += fmt.Sprintf(" The arguments are: %s; the blocks: %s.", List(attributes), List(blocks))
		}
	}
}

// quoted returns the first "quoted" word of s.
func quoted(s string) (string, bool) {
	_, rest, ok := strings.Cut(s, `"`)
	if !ok {
		return "", false
	}
	word, _, ok := strings.Cut(rest, `"`)
	return word, ok
}
