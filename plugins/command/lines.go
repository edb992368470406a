package main

import (
	"bytes"
	"strings"
	"unicode"
)

const (
	// maxLine bounds a line; what is longer goes on as another line.
	maxLine = 1 << 20
	// lastLines of output, each cut to lastBytes, stand in messages.
	lastLines = 6
	lastBytes = 300
)

// lines cuts output into lines. A carriage return ends one too: programs use
// it to draw progress over the same line.
type lines struct {
	partial []byte
	emit    func(line []byte) // the slice is valid during the call only
}

func (l *lines) Write(p []byte) (int, error) {
	n := len(p)
	for len(p) > 0 {
		i := bytes.IndexAny(p, "\n\r")
		if i < 0 {
			i = len(p)
		}
		if room := maxLine - len(l.partial); i > room {
			l.partial = append(l.partial, p[:room]...)
			p = p[room:]
			l.flush()
			continue
		}
		l.partial = append(l.partial, p[:i]...)
		if i == len(p) {
			break
		}
		p = p[i+1:]
		l.flush()
	}
	return n, nil
}

// flush ends the line at hand. Empty lines are not emitted.
func (l *lines) flush() {
	if len(l.partial) > 0 {
		l.emit(l.partial)
	}
	l.partial = l.partial[:0]
}

// last is the end of a program's output as part of a message.
func last(output string) string {
	var kept []string
	for _, line := range strings.FieldsFunc(output, func(r rune) bool { return r == '\n' || r == '\r' }) {
		if line = excerpt([]byte(line), lastBytes); line != "" {
			kept = append(kept, line)
		}
	}
	if len(kept) == 0 {
		return "it printed nothing"
	}
	return "its last output: " + strings.Join(kept[max(0, len(kept)-lastLines):], " | ")
}

// excerpt makes bytes from a program fit for a message: at most n of them,
// valid UTF-8, without control characters.
func excerpt(b []byte, n int) string {
	cut := len(b) > n
	if cut {
		b = b[:n]
	}
	text := strings.Map(func(r rune) rune {
		if r == unicode.ReplacementChar || unicode.IsControl(r) {
			return '·'
		}
		return r
	}, strings.ToValidUTF8(string(b), "·"))
	if cut {
		text += "…"
	}
	return strings.TrimSpace(text)
}
