package zmlx

import (
	"path"
	"regexp"
	"slices"
	"strings"
)

var (
	capsuleName = regexp.MustCompile(`capsule=(\S+)`)
	environment = regexp.MustCompile(`\bZMLX_[A-Z0-9_]+=[^\s)]+`)
	kvCache     = regexp.MustCompile(`(?:^|_)kv(\d+)(?:_|$)`)
	kvStart     = regexp.MustCompile(`(?:^|_)s(\d+)(?:_|$)`)
)

// capsuleIn is the name of the capsule that notes point to, without folder and
// extension.
func capsuleIn(notes string) string {
	m := capsuleName.FindStringSubmatch(notes)
	if m == nil {
		return ""
	}
	return baseName(m[1])
}

// baseName is a file's name without folder and extension.
func baseName(file string) string { return strings.TrimSuffix(path.Base(file), ".json") }

// settingOf reads how the KV cache was quantized, for both arms, out of a
// capsule's name: nothing else in the records says it.
func settingOf(capsule string) string {
	m := kvCache.FindStringSubmatch(capsule)
	if m == nil {
		return ""
	}
	s := "kv" + m[1]
	if start := kvStart.FindStringSubmatch(capsule); start != nil {
		s += " from " + start[1]
	}
	return s
}

// environmentIn lists the tool's environment settings in a text, sorted.
func environmentIn(text string) string {
	all := environment.FindAllString(text, -1)
	slices.Sort(all)
	return strings.Join(slices.Compact(all), " ")
}

// labelOf tells experiments with the same patches apart: by the environment
// settings that the notes name, else by what an experimental row says of itself.
func labelOf(notes string) string {
	if env := environmentIn(notes); env != "" {
		return env
	}
	text, ok := strings.CutPrefix(notes, "Experimental: ")
	if !ok {
		return ""
	}
	text, _, _ = strings.Cut(text, "capsule=")
	text, _, _ = strings.Cut(text, " (")
	return strings.TrimRight(strings.TrimSpace(text), ".")
}
