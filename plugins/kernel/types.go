package main

import (
	"regexp"
	"strconv"
	"strings"
)

// layout is how Metal lays out a type: its scalars with their offsets.
type layout struct {
	size, align int
	scalars     []scalar
}

type scalar struct {
	*element
	offset int
}

// words are the spellings of scalar types.
var words = map[string]string{
	"float": "float32", "half": "float16", "float16_t": "float16", "bfloat": "bfloat16", "bfloat16_t": "bfloat16",
	"char": "int8", "int8_t": "int8", "signed char": "int8", "uchar": "uint8", "uint8_t": "uint8", "unsigned char": "uint8",
	"short": "int16", "int16_t": "int16", "ushort": "uint16", "uint16_t": "uint16", "unsigned short": "uint16",
	"int": "int32", "int32_t": "int32", "uint": "uint32", "uint32_t": "uint32", "unsigned int": "uint32", "unsigned": "uint32",
	"long": "int64", "int64_t": "int64", "long long": "int64", "ptrdiff_t": "int64",
	"ulong": "uint64", "uint64_t": "uint64", "unsigned long": "uint64", "unsigned long long": "uint64", "size_t": "uint64",
	"bool": "bool", "atomic_int": "int32", "atomic_uint": "uint32", "atomic_float": "float32", "atomic_bool": "bool", "atomic_ulong": "uint64",
}

var (
	wrapped  = regexp.MustCompile(`^(?:metal::)?(atomic|vec|_atomic)\s*<\s*([\w ]+?)\s*(?:,\s*([234]))?\s*>$`)
	vector   = regexp.MustCompile(`^(packed_)?([a-z]+?)([234])$`)
	matrix   = regexp.MustCompile(`^(float|half|bfloat)([234])x([234])$`)
	arrayOf  = regexp.MustCompile(`^(.*\S)\s*\[\s*(\d+)\s*\]$`)
	unneeded = regexp.MustCompile(`\b(const|volatile|struct|metal\s*::)\s*`)
)

// plainType spells a type without what does not change its layout.
func plainType(text string) string {
	return strings.Join(strings.Fields(unneeded.ReplaceAllString(text, " ")), " ")
}

// layoutOf reads a type that Metal has of itself; ok is false for any other.
func layoutOf(text string) (l layout, ok bool) {
	text = plainType(text)
	if m := arrayOf.FindStringSubmatch(text); m != nil {
		n, err := strconv.Atoi(m[2])
		inner, known := layoutOf(m[1])
		if err != nil || !known || n < 1 || n > 4096 {
			return l, false
		}
		return repeat(inner, n), true
	}
	if name, known := words[text]; known {
		e := elementNamed(name)
		return layout{e.size, e.size, []scalar{{e, 0}}}, true
	}
	if m := wrapped.FindStringSubmatch(text); m != nil {
		if m[1] == "vec" && m[3] != "" {
			return vectorOf(m[2], m[3], false)
		}
		return layoutOf(m[2])
	}
	if m := matrix.FindStringSubmatch(text); m != nil {
		column, known := vectorOf(m[1], m[3], false)
		n, _ := strconv.Atoi(m[2])
		return repeat(column, n), known
	}
	if m := vector.FindStringSubmatch(text); m != nil {
		return vectorOf(m[2], m[3], m[1] != "")
	}
	return l, false
}

// vectorOf is a vector of 2 to 4; one of 3 takes the room of 4 unless packed.
func vectorOf(of, lanes string, packed bool) (layout, bool) {
	name, ok := words[of]
	if !ok {
		return layout{}, false
	}
	e := elementNamed(name)
	n, _ := strconv.Atoi(lanes)
	l := repeat(layout{e.size, e.size, []scalar{{e, 0}}}, n)
	if !packed {
		l.align = e.size * (n + n%2)
		l.size = l.align
	}
	return l, true
}

func repeat(of layout, n int) layout {
	out := layout{of.size * n, of.align, nil}
	for i := range n {
		for _, s := range of.scalars {
			out.scalars = append(out.scalars, scalar{s.element, s.offset + i*of.size})
		}
	}
	return out
}

// layoutOfMembers lays out a structure; bad is the first type that is not known.
func layoutOfMembers(types []string) (l layout, bad string) {
	l.align = 1
	for _, t := range types {
		m, ok := layoutOf(t)
		if !ok {
			return l, strings.TrimSpace(t)
		}
		at := (l.size + m.align - 1) / m.align * m.align
		for _, s := range m.scalars {
			l.scalars = append(l.scalars, scalar{s.element, s.offset + at})
		}
		l.size, l.align = at+m.size, max(l.align, m.align)
	}
	l.size = (l.size + l.align - 1) / l.align * l.align
	return l, ""
}

var comments = regexp.MustCompile(`(?s)//[^\n]*|/\*.*?\*/`)

// structure finds a structure's members in a source: their types and names. ok is
// false if it is not there, or has what is not a member of one of Metal's types.
func structure(source, name string) (types, names []string, ok bool) {
	head := regexp.MustCompile(`\bstruct\s+` + regexp.QuoteMeta(name) + `\s*\{([^{}]*)\}|\btypedef\s+struct\s*\w*\s*\{([^{}]*)\}\s*` + regexp.QuoteMeta(name) + `\s*;`)
	m := head.FindStringSubmatch(comments.ReplaceAllString(source, " "))
	if m == nil {
		return nil, nil, false
	}
	for _, member := range strings.Split(m[1]+m[2], ";") {
		if member = strings.TrimSpace(member); member == "" {
			continue
		}
		parts := strings.Split(member, ",")
		first := declared.FindStringSubmatch(plainType(parts[0]))
		if first == nil {
			return nil, nil, false
		}
		for i, p := range parts {
			m := first
			if i > 0 {
				m = declared.FindStringSubmatch(first[1] + " " + plainType(p))
			}
			if m == nil {
				return nil, nil, false
			}
			types, names = append(types, m[1]+m[3]), append(names, m[2])
		}
	}
	if _, bad := layoutOfMembers(types); bad != "" || len(types) == 0 {
		return nil, nil, false
	}
	return types, names, true
}

var declared = regexp.MustCompile(`^(.*\S)\s+(\w+)\s*(\[\s*\d+\s*\])?$`)
