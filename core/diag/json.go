package diag

import (
	"bytes"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/assay-bench/assay/core/internal/visible"
)

// Diagnostic is the JSON form of one diagnostic.
type Diagnostic struct {
	Severity string   `json:"severity"` // "error" or "warning"
	Summary  string   `json:"summary"`
	Detail   string   `json:"detail,omitempty"`
	Range    *Range   `json:"range,omitempty"`
	Context  string   `json:"context,omitempty"` // the blocks around it: `experiment "x" > variant "y"`
	Snippet  *Snippet `json:"snippet,omitempty"`
	Values   []Value  `json:"values,omitempty"` // what the expression's names stood for
}

// Range is a piece of a file; End is exclusive.
type Range struct {
	File  string `json:"file"`
	Start Pos    `json:"start"`
	End   Pos    `json:"end"`
}

// Pos counts lines and columns (in characters) from 1 and bytes from 0.
type Pos struct {
	Line   int `json:"line"`
	Column int `json:"column"`
	Byte   int `json:"byte"`
}

// Snippet is the first source line of a range. Start and End are the byte
// offsets of the marked part within Code.
type Snippet struct {
	Code  string `json:"code"`
	Line  int    `json:"line"`
	Start int    `json:"start"`
	End   int    `json:"end"`
}

// Value is one name of a faulty expression and what it stood for.
type Value struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// JSON turns diags into their JSON form, tidied. files gives the snippets;
// it may be nil.
func JSON(diags hcl.Diagnostics, files map[string]*hcl.File) []Diagnostic {
	diags = Tidy(diags)
	out := make([]Diagnostic, 0, len(diags))
	for _, d := range diags {
		out = append(out, describe(d, files))
	}
	return out
}

func describe(d *hcl.Diagnostic, files map[string]*hcl.File) Diagnostic {
	out := Diagnostic{Severity: "error", Summary: d.Summary, Detail: d.Detail, Values: values(d)}
	if d.Severity == hcl.DiagWarning {
		out.Severity = "warning"
	}
	if d.Subject == nil {
		return out
	}
	r := *d.Subject
	out.Range = &Range{File: r.Filename, Start: Pos(r.Start), End: Pos(r.End)}
	if f := files[r.Filename]; f != nil {
		out.Snippet = snippet(f.Bytes, r)
		out.Context = context(f, r.Start.Byte)
	}
	return out
}

// snippet cuts the line on which r starts out of src. Positions outside src,
// as a range made by hand may have, give no snippet.
func snippet(src []byte, r hcl.Range) *Snippet {
	start := r.Start.Byte
	if start < 0 || start > len(src) {
		return nil
	}
	lineStart := bytes.LastIndexByte(src[:start], '\n') + 1
	lineEnd := len(src)
	if i := bytes.IndexByte(src[start:], '\n'); i >= 0 {
		lineEnd = start + i
	}
	line := strings.TrimSuffix(string(src[lineStart:lineEnd]), "\r")
	from := min(start-lineStart, len(line))
	to := max(from, min(r.End.Byte-lineStart, len(line)))
	// Written out here, so that the carets stand below what they mark.
	before, marked := visible.Text(line[:from]), visible.Text(line[from:to])
	return &Snippet{
		Code: before + marked + visible.Text(line[to:]), Line: r.Start.Line,
		Start: len(before), End: len(before) + len(marked),
	}
}

// context names the blocks that hold the byte at offset, outermost first. The
// JSON syntax of HCL does not know which of its objects are blocks and gives
// the properties instead.
func context(f *hcl.File, offset int) string {
	body, ok := f.Body.(*hclsyntax.Body)
	if !ok {
		if nav, ok := f.Nav.(interface{ ContextString(offset int) string }); ok {
			return nav.ContextString(offset)
		}
		return ""
	}
	var parts []string
	for {
		var inside *hclsyntax.Block
		for _, b := range body.Blocks {
			if b.Range().ContainsOffset(offset) || b.Body.SrcRange.ContainsOffset(offset) {
				inside = b
				break
			}
		}
		if inside == nil {
			return strings.Join(parts, " > ")
		}
		name := inside.Type
		for _, l := range inside.Labels {
			name += " " + quote(l)
		}
		parts = append(parts, name)
		body = inside.Body
	}
}

func quote(s string) string { return `"` + strings.ReplaceAll(s, `"`, `\"`) + `"` }
