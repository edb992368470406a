package process

import (
	"regexp"
	"slices"
	"strings"
)

var tracebackFrame = regexp.MustCompile(`(?m)^(Traceback \(most recent call last\):|  File ".*", line \d+.*)$`)

// Raised is the exception that a Python traceback on stderr ends with, such as
// "ValueError: no such file". Empty: stderr has no traceback.
func Raised(stderr string) string {
	frames := tracebackFrame.FindAllStringIndex(stderr, -1)
	if frames == nil {
		return ""
	}
	for _, line := range strings.Split(stderr[frames[len(frames)-1][1]:], "\n") {
		if line = strings.TrimRight(line, "\r"); line != "" && line[0] != ' ' && line[0] != '\t' {
			return line // what is indented is source text
		}
	}
	return ""
}

// lastSaid is the last line on stderr that is no log record: of a program that
// does not start, the reason.
func lastSaid(stderr string) string {
	lines := strings.Split(stderr, "\n")
	for _, line := range slices.Backward(lines) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, `{"@`) {
			return line
		}
	}
	return ""
}
