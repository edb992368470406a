// Package jsonfuzz changes one value of a JSON text, for fuzz targets: bytes that
// are changed at random hardly ever make a document of many fields.
//
// Imported by tests only.
package jsonfuzz

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
)

// Text is a JSON text and where its values are.
type Text struct {
	text   []byte
	values [][2]int // from, to; the whole text is the first
}

// New finds the values of a text.
func New(v any) (*Text, error) {
	raw, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	t := &Text{text: raw}
	d := json.NewDecoder(bytes.NewReader(raw))
	if err := t.value(d); err != nil {
		return nil, fmt.Errorf("jsonfuzz: %w", err)
	}
	slices.SortFunc(t.values, func(a, b [2]int) int { return a[0] - b[0] })
	return t, nil
}

// value notes the next value and those in it.
func (t *Text) value(d *json.Decoder) error {
	from := int(d.InputOffset())
	for from < len(t.text) && bytes.IndexByte([]byte(" \n\t:,"), t.text[from]) >= 0 {
		from++
	}
	token, err := d.Token()
	if err != nil {
		return err
	}
	if open, ok := token.(json.Delim); ok {
		for d.More() {
			if open == '{' {
				if _, err := d.Token(); err != nil { // the key
					return err
				}
			}
			if err := t.value(d); err != nil {
				return err
			}
		}
		if _, err := d.Token(); err != nil {
			return err
		}
	}
	t.values = append(t.values, [2]int{from, int(d.InputOffset())})
	return nil
}

// With is the text with other bytes in the place of value n, which is counted
// around. Value 0 is the whole text.
func (t *Text) With(n uint, value []byte) []byte {
	at := t.values[n%uint(len(t.values))]
	return slices.Concat(t.text[:at[0]], value, t.text[at[1]:])
}

// Values says how many there are.
func (t *Text) Values() int { return len(t.values) }

// Seeds are values that documents do not expect.
var Seeds = []string{
	`null`, `{}`, `[]`, `""`, `-1`, `1e308`, `9223372036854775807`, `18446744073709551615`, `0.5`, `true`, `"\u001b[2J"`, `"NaN"`,
	`[null]`, `{"a":null}`, `[{}]`, `[[]]`, `"2026-01-01T00:00:00Z"`,
}

// Seed adds one of the Seeds for some of the values, and the text as it is: seeds
// run with every test, so that there are a hundred and not a thousand.
func (t *Text) Seed(add func(args ...any)) {
	const most = 100
	for n := 0; n < len(t.values); n += 1 + len(t.values)/most {
		add(uint(n), []byte(Seeds[n%len(Seeds)]))
	}
	add(uint(0), t.text)
}
