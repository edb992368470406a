package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"sync"
)

const (
	// maxFigures of one phase or metric that one start may print.
	maxFigures = 1 << 16
	// maxDocument is how long stdout may be to be read as one JSON document.
	maxDocument = 1 << 20
)

// reading is what one start of the program printed, read as it comes: figures,
// and a digest of the output without them. Output of any length takes bounded
// memory.
type reading struct {
	sources []source
	want    expectation

	mu       sync.Mutex // stdout and stderr come from two goroutines
	patterns figures
	inLines  figures // JSON, where lines are documents
	output   text

	document []byte // stdout from its beginning, where JSON is asked for
	long     bool   // it does not fit
	count    int    // lines of stdout
}

// figures by source.
type figures struct {
	of  map[string][]float64
	err error // the first text that should be a number and is none
}

func newReading(sources []source, want expectation) *reading {
	return &reading{sources: sources, want: want, output: newText(want), patterns: newFigures(), inLines: newFigures()}
}

func newFigures() figures { return figures{of: map[string][]float64{}} }

func (f *figures) add(s *source, figure, line []byte) {
	x, err := s.read(figure, line)
	if err == nil && len(f.of[s.key()]) == maxFigures {
		err = fmt.Errorf("%s: more than %d figures in one start", s, maxFigures)
	}
	if err != nil {
		if f.err == nil {
			f.err = err
		}
		return
	}
	f.of[s.key()] = append(f.of[s.key()], x)
}

// key tells a phase from a metric of the same name.
func (s *source) key() string { return s.String() }

// stdout and stderr take one line each. Patterns are looked for in both, JSON
// and the output that is compared in stdout alone.
func (r *reading) stdout(line []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.count++
	if r.asksJSON() {
		if len(r.document)+len(line)+1 > maxDocument {
			r.long = true
		} else {
			r.document = append(append(r.document, line...), '\n')
		}
	}
	masked := r.match(line)
	if v, ok := r.json(line, &r.inLines); ok {
		masked = v
	}
	r.output.line(masked)
}

func (r *reading) stderr(line []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.match(line)
}

func (r *reading) asksJSON() bool {
	return slices.ContainsFunc(r.sources, func(s source) bool { return s.path != nil })
}

// match looks for every pattern and returns the line without the figures.
func (r *reading) match(line []byte) []byte {
	var cuts [][2]int
	for i := range r.sources {
		s := &r.sources[i]
		if s.pattern == nil {
			continue
		}
		for _, m := range s.pattern.FindAllSubmatchIndex(line, maxFigures+1) {
			if m[2] < 0 {
				continue // an optional group that is not there
			}
			r.patterns.add(s, line[m[2]:m[3]], line)
			cuts = append(cuts, [2]int{m[2], m[3]})
		}
	}
	return cut(line, cuts)
}

// cut replaces parts of a line, which may overlap, by "#" each.
func cut(line []byte, parts [][2]int) []byte {
	if len(parts) == 0 {
		return line
	}
	slices.SortFunc(parts, func(a, b [2]int) int { return a[0] - b[0] })
	var out []byte
	at := 0
	for _, p := range parts {
		if p[0] >= at {
			out = append(append(out, line[at:p[0]]...), '#')
		}
		at = max(at, p[1])
	}
	return append(out, line[at:]...)
}

// json looks for every path in text, if it is JSON, and returns it without the
// figures.
func (r *reading) json(text []byte, into *figures) (masked []byte, ok bool) {
	if !r.asksJSON() {
		return nil, false
	}
	v, ok := parseJSON(text)
	if !ok {
		return nil, false
	}
	for i := range r.sources {
		if s := &r.sources[i]; s.path != nil {
			v = take(v, s.path, func(x any) {
				figure, err := json.Marshal(x)
				if err == nil {
					into.add(s, figure, text)
				}
			})
		}
	}
	masked, err := json.Marshal(v)
	return masked, err == nil
}

// done is called once all output has arrived. It returns the figures by key.
func (r *reading) done() (map[string][]float64, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	found := r.inLines
	if r.count > 1 && !r.long {
		whole := newFigures()
		if masked, ok := r.json(r.document, &whole); ok {
			found = whole
			r.output = newText(r.want)
			r.output.line(masked)
		}
	}
	for _, err := range []error{r.patterns.err, found.err} {
		if err != nil {
			return nil, err
		}
	}
	for key, list := range r.patterns.of {
		found.of[key] = list
	}
	for i := range r.sources {
		s := &r.sources[i]
		if s.wall || len(found.of[s.key()]) > 0 {
			continue
		}
		why := "no line matches " + fmt.Sprintf("%q", s.pattern)
		if s.path != nil {
			why = fmt.Sprintf("stdout has no JSON with a number at %q", dotted(s.path))
			if r.long {
				why += fmt.Sprintf(" in a line, and is longer than the %d bytes that one document may have", maxDocument)
			}
		}
		return nil, fmt.Errorf("%s: %s", s, why)
	}
	return found.of, nil
}
