package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode"
)

// textLimit of foreign text in a message, in bytes.
const textLimit = 400

// shown is foreign text as a message may show it: quoted where it holds
// anything that a terminal could obey, and cut.
func shown(data []byte) string {
	s := strings.TrimSpace(string(data))
	cut := len(s) > textLimit
	if cut {
		s = s[:textLimit]
	}
	s = escaped(s)
	if cut {
		s += " … (cut)"
	}
	if s == "" {
		return "nothing"
	}
	return s
}

// escaped writes control and other unprintable characters, and bytes that are
// no text, as Go does. Line feeds and tabs of s become \n and \t.
func escaped(s string) string {
	var b strings.Builder
	for i, r := range s {
		switch {
		case r == unicode.ReplacementChar && s[i] >= 0x80 && !strings.HasPrefix(s[i:], "\uFFFD"):
			fmt.Fprintf(&b, `\x%02x`, s[i])
		case r == '\n':
			b.WriteString(`\n`)
		case r == '\t':
			b.WriteString(`\t`)
		case r < 0x80 && unicode.IsControl(r):
			fmt.Fprintf(&b, `\x%02x`, r)
		case !unicode.IsPrint(r):
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

// errorText finds the words in what servers answer as an error: a string, or
// an object with a message, by itself or under "error" or "detail".
func errorText(data []byte) string {
	var s string
	if json.Unmarshal(data, &s) == nil {
		return shown([]byte(s))
	}
	var o map[string]json.RawMessage
	if json.Unmarshal(data, &o) == nil {
		for _, key := range []string{"error", "message", "detail"} {
			if inner := o[key]; len(inner) > 0 && string(inner) != "null" {
				return errorText(inner)
			}
		}
	}
	return shown(data)
}

// lastLines of a program's output, for a message.
func lastLines(output string, n int) string {
	lines := strings.Split(strings.TrimRight(output, "\r\n"), "\n")
	if len(lines) > n {
		lines = lines[len(lines)-n:]
	}
	for i, l := range lines {
		if len(l) > textLimit {
			l = l[:textLimit] + " … (cut)"
		}
		lines[i] = escaped(strings.TrimRight(l, "\r"))
	}
	return strings.Join(lines, "\n")
}
