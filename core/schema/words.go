package schema

import (
	"errors"
	"fmt"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/zclconf/go-cty/cty"

	"github.com/assay-bench/assay/core/diag"
)

// want says what an attribute takes, for error texts: "a number, one of 4, 8".
func (a *Attribute) want() string {
	var b strings.Builder
	switch a.Type {
	case cty.String:
		b.WriteString("a string")
		if a.Path {
			b.Reset()
			b.WriteString("a path")
		}
	case cty.Number:
		b.WriteString("a number")
		if a.Integer {
			b.Reset()
			b.WriteString("a whole number")
		}
	case cty.Bool:
		b.WriteString("true or false")
	default:
		b.WriteString(a.TypeText)
		if a.Path {
			b.WriteString(" of paths")
		}
	}
	if len(a.OneOf) > 0 {
		texts := make([]string, len(a.OneOf))
		for i, v := range a.OneOf {
			texts[i] = diag.Text(v)
		}
		b.WriteString(", one of " + diag.List(texts))
	}
	if a.Description != "" {
		fmt.Fprintf(&b, " (%s)", strings.TrimSuffix(a.Description, "."))
	}
	return b.String()
}

// describe writes a conversion error with the path into the value, if any.
func describe(err error) string {
	var pathErr cty.PathError
	if !errors.As(err, &pathErr) || len(pathErr.Path) == 0 {
		return err.Error()
	}
	var b strings.Builder
	for _, step := range pathErr.Path {
		switch s := step.(type) {
		case cty.GetAttrStep:
			b.WriteString("." + s.Name)
		case cty.IndexStep:
			b.WriteString("[" + diag.Text(s.Key) + "]")
		}
	}
	return strings.TrimPrefix(b.String(), ".") + ": " + err.Error()
}

// sentence ends s with a full stop unless it ends with a mark already.
func sentence(s string) string {
	if strings.HasSuffix(s, "?") || strings.HasSuffix(s, ".") {
		return s
	}
	return s + "."
}

// place writes a range as file:line.
func place(r hcl.Range) string { return fmt.Sprintf("%s:%d", r.Filename, r.Start.Line) }
