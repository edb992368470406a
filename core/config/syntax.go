package config

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	hcljson "github.com/hashicorp/hcl/v2/json"
)

// parse reads one file's syntax. The file is nil when it cannot be parsed
// safely at all.
func parse(in input) (*hcl.File, hcl.Diagnostics) {
	if fault := notText(in); fault != nil {
		return nil, hcl.Diagnostics{fault}
	}
	if fault := guard(in); fault != nil {
		return nil, hcl.Diagnostics{fault}
	}
	if in.json() {
		file, diags := hcljson.Parse(in.src, in.name)
		return file, atMost(diags)
	}
	src := in.src
	if !bytes.HasSuffix(src, []byte("\n")) { // else a heredoc could not end the file
		src = append(bytes.Clone(src), '\n')
	}
	file, diags := hclsyntax.ParseConfig(src, in.name, hcl.InitialPos)
	diags = atMost(diags)
	for _, d := range diags {
		adviseSyntax(d, src)
	}
	return file, diags
}

func (in input) json() bool { return strings.HasSuffix(in.name, ".json") }

// atMost bounds faults: a file that is no HCL at all may have one at every byte.
func atMost(diags hcl.Diagnostics) hcl.Diagnostics { return diags[:min(len(diags), 20)] }

// notText reports a file in another encoding, or none, once: HCL would report
// each of its bytes.
func notText(in input) *hcl.Diagnostic {
	d := &hcl.Diagnostic{
		Severity: hcl.DiagError, Summary: "Not UTF-8 text",
		Subject: &hcl.Range{Filename: in.name, Start: hcl.InitialPos, End: hcl.InitialPos},
	}
	if encoding := otherEncoding(in.src); encoding != "" {
		d.Detail = fmt.Sprintf("The file is encoded in %s. Save it as UTF-8.", encoding)
		return d
	}
	if bytes.IndexByte(in.src, 0) >= 0 {
		d.Detail = "The file is binary. A configuration is text in UTF-8."
		return d
	}
	for at, line := 0, 1; at < len(in.src); {
		r, size := utf8.DecodeRune(in.src[at:])
		if r == utf8.RuneError && size == 1 {
			start := bytes.LastIndexByte(in.src[:at], '\n') + 1
			pos := hcl.Pos{Line: line, Column: 1 + utf8.RuneCount(in.src[start:at]), Byte: at}
			d.Subject.Start, d.Subject.End = pos, pos
			d.Detail = fmt.Sprintf("The byte 0x%x belongs to no character of UTF-8. Save the file as UTF-8.", in.src[at])
			return d
		}
		if r == '\n' {
			line++
		}
		at += size
	}
	return nil
}

// otherEncoding names the encoding of a file that begins with a mark of it, or
// whose first characters, which are ASCII, show it.
func otherEncoding(src []byte) string {
	for _, e := range []struct{ name, mark, ascii string }{
		{"UTF-32, little endian", "\xff\xfe\x00\x00", ".\x00\x00\x00"},
		{"UTF-32, big endian", "\x00\x00\xfe\xff", "\x00\x00\x00."},
		{"UTF-16, little endian", "\xff\xfe", ".\x00"},
		{"UTF-16, big endian", "\xfe\xff", "\x00."},
	} {
		if strings.HasPrefix(string(src), e.mark) || looksLike(src, e.ascii) {
			return e.name
		}
	}
	return ""
}

// looksLike says that the first eight units have zeros where pattern has them,
// and other bytes where it has a dot.
func looksLike(src []byte, pattern string) bool {
	if len(src) < 8*len(pattern) {
		return false
	}
	for i := range 8 * len(pattern) {
		if (src[i] == 0) != (pattern[i%len(pattern)] == 0) {
			return false
		}
	}
	return true
}

var (
	labelled  = regexp.MustCompile(`^\s*([\pL_][\pL\pN_-]*)\s+("[^"]*"|[\pN.]+)\s*$`)
	singleArg = regexp.MustCompile(`^(.*?\{)\s*(.*\S)\s*\}\s*$`)
)

// adviseSyntax replaces what HCL says of a line by what to write there, where
// that is known.
func adviseSyntax(d *hcl.Diagnostic, src []byte) {
	if d.Subject == nil {
		return
	}
	line := lineAt(src, d.Subject.Start.Byte)
	switch d.Summary {
	case "Invalid block definition":
		if m := labelled.FindStringSubmatch(line); m != nil {
			d.Detail = fmt.Sprintf(`A block has { after its labels, and an argument has = after its name. Write %s = %s, or %s %s {.`, m[1], m[2], m[1], m[2])
		}
	case "Argument definition required":
		if m := singleArg.FindStringSubmatch(line); m != nil && strings.Contains(m[2], "{") {
			d.Detail = fmt.Sprintf("A block on one line holds one argument and no block. Write it on several lines:\n%s\n  %s\n}", strings.TrimSpace(m[1]), m[2])
		}
	}
}

func lineAt(src []byte, at int) string {
	if at < 0 || at > len(src) {
		return ""
	}
	start := bytes.LastIndexByte(src[:at], '\n') + 1
	line, _, _ := bytes.Cut(src[start:], []byte("\n"))
	return string(line)
}
