package msl

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/assay-bench/assay/metal/dtype"
)

// writer writes tokens back so that each stays on its own line of the source.
type writer struct {
	b        strings.Builder
	file     string
	line     int
	last     token
	fresh    bool // at the beginning of a line
	column   int  // how much of the line is written
	swizzles map[string]bool
}

func (w *writer) lineTo(t token) {
	line := t.line
	if w.line == line && w.file == t.file {
		return
	}
	if gap := line - w.line; w.file == t.file && gap > 0 && gap < 8 && w.line > 0 {
		w.b.WriteString(strings.Repeat("\n", gap))
	} else {
		fmt.Fprintf(&w.b, "\n#line %d %s\n", line, quote(t.file))
	}
	w.file, w.line, w.fresh = t.file, line, true
}

// write puts one token, with text in its place.
func (w *writer) write(t token, text string) {
	w.lineTo(t)
	if w.fresh {
		w.column = 0
	}
	gap := min(max(t.col-1-w.column, 0), 120) // where nothing longer was written, columns are the source's
	if gap == 0 && !w.fresh && (t.space || t.bol || glues(w.last, token{kind: t.kind, text: text})) {
		gap = 1
	}
	w.b.WriteString(strings.Repeat(" ", gap))
	w.b.WriteString(text)
	w.column += gap + len(text)
	w.last, w.fresh = token{kind: t.kind, text: text}, false
}

// raw puts text that has no place in the source, on lines of its own.
func (w *writer) raw(text string) {
	w.b.WriteString("\n" + text + "\n")
	w.line, w.fresh = 0, true
}

// number turns Metal's literals into C++'s: no double precision, h and bf suffixes.
func number(text string) string {
	lower := strings.ToLower(strings.ReplaceAll(text, "'", ""))
	if strings.HasPrefix(lower, "0x") && !strings.Contains(lower, "p") || strings.HasPrefix(lower, "0b") {
		return text
	}
	small := func(suffix, call string, bits func(float32) uint16) (string, bool) {
		v, err := strconv.ParseFloat(strings.TrimSuffix(lower, suffix), 64)
		return fmt.Sprintf("%s(0x%04x)", call, bits(float32(v))), err == nil && strings.HasSuffix(lower, suffix)
	}
	if s, ok := small("bf", "metal::bfloat_bits_", dtype.F32ToBF16); ok {
		return s
	}
	if s, ok := small("h", "metal::half_bits_", dtype.F32ToF16); ok {
		return s
	}
	if strings.HasSuffix(lower, "f") || !strings.ContainsAny(lower, ".ep") {
		return text
	}
	return strings.TrimRight(text, "lL") + "f"
}

// pragma translates the pragmas that have a meaning elsewhere.
func pragma(text string, to target) string {
	words := strings.FieldsFunc(text, func(r rune) bool { return r == ' ' || r == '\t' || r == '(' || r == ')' })
	count := ""
	switch {
	case len(words) > 0 && (words[0] == "unroll" || words[0] == "nounroll"):
		count = strings.TrimSpace(strings.TrimPrefix(text, "unroll")) // perhaps in brackets
		if words[0] == "nounroll" {
			count = "1"
		}
	case len(words) > 3 && words[0] == "clang" && words[1] == "loop" && words[2] == "unroll_count":
		count = words[3]
	case len(words) > 3 && words[0] == "clang" && words[1] == "loop" && words[2] == "unroll":
		if words[3] == "disable" {
			count = "1"
		}
	default:
		return ""
	}
	if to == targetCUDA {
		return strings.TrimSpace("#pragma unroll " + count)
	}
	return "" // the host compiler's own choice; unrolling changes no result
}
