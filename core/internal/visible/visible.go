// Package visible shows text of others as it is: what a terminal would obey, and
// what reorders or hides other text, is written out and not sent. The one place
// where it is applied is the writer of the command line's output, so that tables,
// logs, diagnostics, documentation and JSON all pass it; escape sequences of the
// host itself are marked by Sequence.
//
// It imports nothing of the host.
package visible

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// mark begins the host's own sequences. It differs in each process, so that no
// other text has it.
var mark = "\x1b" + rand.Text()[:10]

// Sequence is an escape sequence, without its escape, or "\r", that a Filter
// sends: Sequence("[31m").
func Sequence(s string) string { return mark + s }

// Unmarked is text without the colours that the host gave it, as people see it.
func Unmarked(text string) string { return colours.ReplaceAllString(text, "") }

var colours = regexp.MustCompile(regexp.QuoteMeta(mark) + `\[[0-9;]*m`)

// Recoloured gives the colours of text to plain, which is Unmarked(text) with other
// white space.
func Recoloured(plain, text string) string {
	var out strings.Builder
	colour := func() {
		for at := colours.FindStringIndex(text); at != nil && at[0] == 0; at = colours.FindStringIndex(text) {
			out.WriteString(text[:at[1]])
			text = text[at[1]:]
		}
	}
	for _, r := range plain {
		if unicode.IsSpace(r) {
			out.WriteRune(r)
			continue
		}
		for colour(); strings.TrimLeftFunc(text, unicode.IsSpace) != text; colour() {
			text = strings.TrimLeftFunc(text, unicode.IsSpace)
		}
		out.WriteRune(r)
		_, size := utf8.DecodeRuneInString(text)
		text = text[size:]
		colour()
	}
	return out.String() + strings.Join(colours.FindAllString(text, -1), "")
}

// Text is s with all that is not to be sent written out: ESC as \x1b, a bidi
// override as \u202e, a byte that is no UTF-8 as \x9b. Newlines and tabs stay.
// Inside a string of JSON the result means the same.
func Text(s string) string {
	f := Filter{foreign: true}
	return string(append(f.Text([]byte(s)), f.Rest()...))
}

// Line is Text in one line: newlines are written out too.
func Line(s string) string { return strings.ReplaceAll(Text(s), "\n", `\n`) }

// Filter makes a stream visible. Writes may end within a character.
type Filter struct {
	held    []byte // the beginning of a character, or of a mark
	foreign bool   // nothing is the host's own
}

// Text gives what is to be sent of p, and of what was held back before.
func (f *Filter) Text(p []byte) []byte {
	if len(f.held) > 0 {
		p = append(f.held, p...)
		f.held = nil
	}
	if plain(p) == len(p) {
		return p
	}
	var out bytes.Buffer
	for len(p) > 0 {
		if n := plain(p); n > 0 {
			out.Write(p[:n])
			p = p[n:]
			continue
		}
		if f.partial(p) {
			f.held = bytes.Clone(p)
			break
		}
		if own := []byte(mark); !f.foreign && bytes.HasPrefix(p, own) {
			if p = p[len(own):]; p[0] == '\r' {
				out.WriteByte('\r')
				p = p[1:]
			} else {
				out.WriteByte(0x1b)
			}
			continue
		}
		r, size := utf8.DecodeRune(p)
		out.WriteString(show(r, p[:size]))
		p = p[size:]
	}
	return out.Bytes()
}

// Rest gives what is held back still.
func (f *Filter) Rest() []byte {
	var out []byte
	for _, b := range f.held {
		out = append(out, show(utf8.RuneError, []byte{b})...)
	}
	f.held = nil
	return out
}

// plain is how many bytes at the start are ASCII that is sent as it is.
func plain(p []byte) int {
	for i, b := range p {
		if b < ' ' && b != '\n' && b != '\t' || b >= 0x7f {
			return i
		}
	}
	return len(p)
}

// partial says that p ends before it is known what it is.
func (f *Filter) partial(p []byte) bool {
	if p[0] == 0x1b {
		return !f.foreign && strings.HasPrefix(mark, string(p))
	}
	return !utf8.FullRune(p)
}

func show(r rune, raw []byte) string {
	switch {
	case r == utf8.RuneError && len(raw) == 1, r < ' ' && r != '\n' && r != '\t':
		return fmt.Sprintf(`\x%02x`, raw[0])
	case !hidden(r):
		return string(raw)
	case r > 0xffff:
		high, low := utf16.EncodeRune(r)
		return fmt.Sprintf(`\u%04x\u%04x`, high, low)
	}
	return fmt.Sprintf(`\u%04x`, r)
}

// hidden are control characters beyond ASCII's, what changes the direction of
// other text, separators of lines, and characters that nobody sees.
func hidden(r rune) bool {
	switch {
	case r >= 0x7f && r <= 0x9f, // DEL, C1
		r == 0x061c, r == 0x200e, r == 0x200f, // marks of direction
		r >= 0x2028 && r <= 0x202e,              // line and paragraph separator, embeddings, overrides
		r >= 0x2066 && r <= 0x206f,              // isolates, deprecated format characters
		r == 0xfeff, r >= 0xfff9 && r <= 0xfffb, // byte order mark, annotations
		r >= 0xe0000 && r <= 0xe007f: // tags
		return true
	}
	return false
}
