package rejudge

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// A Difference is one value of a document that is not what it should be.
type Difference struct {
	// Path is a JSON pointer into the document.
	Path string `json:"path"`
	// Where says the same in words: case, variant, phase, field.
	Where string `json:"where"`
	// Stored is the document's value, Want what follows from the samples, or
	// what the journal holds. Null: it should not be there, or it is missing.
	Stored json.RawMessage `json:"stored"`
	Want   json.RawMessage `json:"want"`
}

// lastBits is the relative difference that two processors may come to on the
// same expression: a few units in the last place of a float64.
const lastBits = 1e-12

// wording holds the fields of a judgement that are sentences.
var wording = []string{"rule", "reason", "next"}

// Differences compares two values by their JSON.
func Differences(stored, want any) ([]Difference, error) { return differences(nil, stored, want) }

// differences compares two values by their JSON. Path starts with prefix.
func differences(prefix []string, stored, want any) ([]Difference, error) {
	a, err := tree(stored)
	if err != nil {
		return nil, err
	}
	b, err := tree(want)
	if err != nil {
		return nil, err
	}
	var out []Difference
	walk(slices.Clone(prefix), a, b, &out)
	return out, nil
}

func tree(v any) (any, error) {
	raw, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("document: %w", err)
	}
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber() // nanoseconds and seeds need all 64 bits
	var out any
	if err := dec.Decode(&out); err != nil {
		return nil, fmt.Errorf("document: %w", err)
	}
	return out, nil
}

func walk(path []string, a, b any, out *[]Difference) {
	if isEmpty(a) && isEmpty(b) {
		return
	}
	switch x := a.(type) {
	case map[string]any:
		if y, ok := b.(map[string]any); ok {
			for _, k := range keysOf(x, y) {
				walk(append(path, k), x[k], y[k], out)
			}
			return
		}
	case []any:
		if y, ok := b.([]any); ok {
			for i := range max(len(x), len(y)) {
				walk(append(path, strconv.Itoa(i)), at(x, i), at(y, i), out)
			}
			return
		}
	case json.Number:
		if y, ok := b.(json.Number); ok && sameNumber(x, y) {
			return
		}
	default:
		if a == b {
			return
		}
	}
	*out = append(*out, Difference{Path: pointer(path), Stored: rawOf(a), Want: rawOf(b)})
}

func isEmpty(v any) bool {
	switch x := v.(type) {
	case nil:
		return true
	case []any:
		return len(x) == 0
	case map[string]any:
		return len(x) == 0
	}
	return false
}

func keysOf(a, b map[string]any) []string {
	var out []string
	for k := range a {
		out = append(out, k)
	}
	for k := range b {
		if _, ok := a[k]; !ok {
			out = append(out, k)
		}
	}
	slices.Sort(out)
	return out
}

func at(list []any, i int) any {
	if i < len(list) {
		return list[i]
	}
	return nil
}

func sameNumber(a, b json.Number) bool {
	if a == b {
		return true
	}
	if !strings.ContainsAny(string(a)+string(b), ".eE") {
		return false // whole numbers are exact
	}
	x, errX := a.Float64()
	y, errY := b.Float64()
	return errX == nil && errY == nil && math.Abs(x-y) <= lastBits*math.Max(math.Abs(x), math.Abs(y))
}

func rawOf(v any) json.RawMessage {
	raw, err := json.Marshal(v)
	if err != nil {
		return json.RawMessage("null")
	}
	return raw
}

// Of JSON pointers (RFC 6901).
var (
	escape   = strings.NewReplacer("~", "~0", "/", "~1")
	unescape = strings.NewReplacer("~1", "/", "~0", "~")
)

// pointer is a JSON pointer.
func pointer(path []string) string {
	var b strings.Builder
	for _, p := range path {
		b.WriteByte('/')
		b.WriteString(escape.Replace(p))
	}
	return b.String()
}

// steps of a JSON pointer.
func steps(pointer string) []string {
	var out []string
	for _, p := range strings.Split(strings.TrimPrefix(pointer, "/"), "/") {
		out = append(out, unescape.Replace(p))
	}
	return out
}
