package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"regexp"
	"strconv"
	"strings"
)

// source is one figure that is looked for in the output.
type source struct {
	name    string
	phase   bool // a time or a rate; otherwise a metric
	unit    unit // of a phase
	pattern *regexp.Regexp
	path    []string // into JSON, instead of a pattern
	wall    bool     // the plugin's clock, instead of both
}

func (s *source) String() string {
	kind := "metric"
	if s.phase {
		kind = "phase"
	}
	return fmt.Sprintf("%s %q", kind, s.name)
}

// numberRE is what counts as a number. Nothing else that strconv reads does:
// no hexadecimal, no infinity, no underscores.
var numberRE = regexp.MustCompile(`^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$`)

// read takes one figure as text, with the line that it stands in.
func (s *source) read(text, line []byte) (float64, error) {
	x, err := number(string(text))
	if err == nil && s.phase && x <= 0 {
		err = errors.New("a time or a rate is above 0")
	}
	if err != nil {
		return 0, fmt.Errorf("%s: %q: %w, in the line %q", s, excerpt(text, 80), err, excerpt(line, 200))
	}
	return x, nil
}

func number(text string) (float64, error) {
	text = strings.TrimSpace(text)
	if !numberRE.MatchString(text) {
		if strings.Contains(text, ",") {
			return 0, errors.New("a comma may mean thousands or a decimal point: print the number without one")
		}
		return 0, errors.New("not a number")
	}
	x, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsInf(x, 0) {
		return 0, errors.New("too large a number")
	}
	return x, nil
}

// readPath reads "results.0.times" or "*.avg_ts".
func readPath(text string) ([]string, error) {
	steps := strings.Split(text, ".")
	for _, s := range steps {
		if s == "" {
			return nil, fmt.Errorf("%q has an empty step; write the keys with dots between, as in \"results.0.times\"", text)
		}
	}
	return steps, nil
}

// parseJSON reads one JSON object or list and nothing after it.
func parseJSON(text []byte) (any, bool) {
	text = bytes.TrimSpace(text)
	if len(text) == 0 || text[0] != '{' && text[0] != '[' {
		return nil, false
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		return nil, false
	}
	_, err := d.Token()
	return v, errors.Is(err, io.EOF)
}

// take collects what path leads to in v, numbers and lists of numbers, and
// puts null in its place, so that what is left is the output without figures.
// A step is a key, the index of a list or "*", each element of a list.
func take(v any, path []string, found func(any)) any {
	if len(path) == 0 {
		if list, ok := v.([]any); ok {
			for _, x := range list {
				found(x)
			}
		} else {
			found(v)
		}
		return nil
	}
	switch v := v.(type) {
	case map[string]any:
		if inner, ok := v[path[0]]; ok {
			v[path[0]] = take(inner, path[1:], found)
		}
	case []any:
		for i := range v {
			if path[0] == "*" || path[0] == strconv.Itoa(i) {
				v[i] = take(v[i], path[1:], found)
			}
		}
	}
	return v
}
