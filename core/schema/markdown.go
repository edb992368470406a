package schema

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/zclconf/go-cty/cty"

	"github.com/assay-bench/assay/core/diag"
)

// Markdown documents the block as tables: its attributes in the plugin's
// order, then each nested block under its own heading. level is the depth of
// the first heading, name what it says.
func (b *Block) Markdown(name string, level int) string {
	var out strings.Builder
	b.markdown(&out, name, level)
	return out.String()
}

func (b *Block) markdown(out *strings.Builder, name string, level int) {
	fmt.Fprintf(out, "%s `%s`\n\n", strings.Repeat("#", min(max(level, 1), 6)), name)
	if b.Description != "" {
		fmt.Fprintf(out, "%s\n\n", b.Description)
	}
	if len(b.Attributes)+len(b.Blocks) == 0 {
		out.WriteString("Nothing to configure.\n\n")
		return
	}
	out.WriteString("| argument | type | default | meaning |\n|---|---|---|---|\n")
	for i := range b.Attributes {
		a := &b.Attributes[i]
		fmt.Fprintf(out, "| `%s` | %s | %s | %s |\n", a.Name, cell("`"+a.TypeText+"`"), cell(a.defaultText()), cell(a.meaning()))
	}
	for i := range b.Blocks {
		n := &b.Blocks[i]
		fmt.Fprintf(out, "| `%s { }` | block | %s | %s |\n", n.title(), n.count(), cell(n.Block.Description))
	}
	out.WriteString("\n")
	for i := range b.Blocks {
		b.Blocks[i].Block.markdown(out, b.Blocks[i].title(), level+1)
	}
}

func (a *Attribute) defaultText() string {
	switch {
	case a.Required:
		return "required"
	case a.Default.IsNull():
		return "none"
	}
	return "`" + diag.Text(a.Default) + "`"
}

func (a *Attribute) meaning() string {
	var parts []string
	if a.Description != "" {
		parts = append(parts, strings.TrimSuffix(a.Description, ".")+".")
	}
	if a.Path {
		parts = append(parts, "A path that exists; relative ones start from the configuration's folder.")
	}
	if len(a.OneOf) > 0 {
		texts := make([]string, len(a.OneOf))
		for i, v := range a.OneOf {
			texts[i] = "`" + diag.Text(v) + "`"
		}
		parts = append(parts, "One of "+strings.Join(texts, ", ")+".")
	}
	if a.Integer {
		parts = append(parts, "Whole.")
	}
	switch {
	case a.Min != nil && a.Max != nil:
		parts = append(parts, fmt.Sprintf("From %v to %v.", *a.Min, *a.Max))
	case a.Min != nil:
		parts = append(parts, fmt.Sprintf("At least %v.", *a.Min))
	case a.Max != nil:
		parts = append(parts, fmt.Sprintf("At most %v.", *a.Max))
	}
	if a.Deprecated != "" {
		parts = append(parts, "Deprecated: "+strings.TrimSuffix(a.Deprecated, ".")+".")
	}
	return strings.Join(parts, " ")
}

// title is how the block begins in HCL.
func (n *Nested) title() string {
	if n.Label != "" {
		return fmt.Sprintf("%s %q", n.Name, n.Label)
	}
	return n.Name
}

func (n *Nested) count() string {
	switch {
	case n.Max == 1 && n.Min == 1:
		return "required"
	case n.Max == 1:
		return "at most one"
	case n.Min > 0 && n.Max > 0:
		return fmt.Sprintf("%d to %d", n.Min, n.Max)
	case n.Min > 0:
		return fmt.Sprintf("at least %d", n.Min)
	case n.Max > 0:
		return fmt.Sprintf("at most %d", n.Max)
	}
	return "any number"
}

// cell keeps text from breaking the table.
func cell(s string) string {
	return strings.NewReplacer("|", `\|`, "\n", " ", "\r", "").Replace(s)
}

func sortedNames(m map[string]cty.Type) []string { return slices.Sorted(maps.Keys(m)) }
