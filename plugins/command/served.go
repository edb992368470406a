package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/assay-bench/assay/core/sdk"
	"github.com/assay-bench/assay/core/sdk/child"
)

// stopGrace is how long a served program may take to end when it is told to.
const stopGrace = 2 * time.Second

// served is a program that answers.
type served struct {
	*program
	child   *child.Child
	stdin   *os.File
	inbox   *inbox
	units   map[string]float64   // of one iteration, by phase
	metrics map[string]float64   // as last told
	outputs map[string]*fidelity // by phase
}

// newServed starts the program, waits until it is ready and asks for one
// iteration of each phase.
func newServed(ctx context.Context, p *program) (*served, error) {
	s := &served{program: p, inbox: newInbox(), units: map[string]float64{}, metrics: map[string]float64{}, outputs: map[string]*fidelity{}}
	if err := s.begin(ctx); err != nil {
		return nil, err
	}
	err := s.ready(ctx)
	for _, phase := range s.phases() {
		if err == nil {
			_, err = s.run(ctx, phase, 1)
		}
	}
	if err != nil {
		return nil, errors.Join(err, s.end(0))
	}
	return s, nil
}

func (s *served) phases() []string {
	var names []string
	for _, source := range s.sources {
		if source.phase {
			names = append(names, source.name)
		}
	}
	return names
}

func (s *served) begin(ctx context.Context) error {
	theirs, stdin, err := os.Pipe()
	if err != nil {
		return err
	}
	defer theirs.Close()
	s.stdin = stdin
	s.child, err = s.start(ctx, child.Spec{Stdin: theirs, Stdout: &lines{emit: s.inbox.line}}, s.helper())
	if err != nil {
		stdin.Close()
	}
	return err
}

// ready waits for the first message.
func (s *served) ready(ctx context.Context) error {
	m, err := s.answer(ctx)
	switch {
	case err != nil:
		return fmt.Errorf("before it was ready: %w", err)
	case !m.Ready:
		return errors.New(`its first message is not {"ready":true}`)
	}
	for _, name := range s.phases() {
		s.units[name] = 1
		said, ok := m.Phases[name]
		if m.Phases != nil && !ok {
			return fmt.Errorf("it does not serve the phase %q, but %s", name, quote(m.Phases))
		}
		if said.Units != nil {
			s.units[name] = *said.Units
		}
		if !(s.units[name] > 0) || s.units[name] > 1e15 {
			return fmt.Errorf("phase %q: %g units of one iteration", name, s.units[name])
		}
	}
	return s.keep(m.Metrics)
}

func (s *served) prepared() *sdk.Prepared {
	out := &sdk.Prepared{
		Facts: s.facts(), Checks: s.checks(), Metrics: maps.Clone(s.metrics), Phases: map[string]sdk.Timed{},
		SampleMetrics: func() map[string]float64 { return maps.Clone(s.metrics) },
		Check:         func(context.Context) ([]sdk.Check, map[string]float64, error) { return s.checks(), nil, nil },
	}
	for name, n := range s.units {
		out.Phases[name] = sdk.Timed{
			Units: n, Partial: true,
			OwnTimes: func(ctx context.Context, n int) (sdk.Times, error) { return s.run(ctx, name, n) },
		}
	}
	all := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(s.outputs)) {
		s.outputs[name].facts(out.Facts)
		_, _ = io.WriteString(all, name+"="+s.outputs[name].first+"\n")
	}
	if s.want.same {
		out.Outputs = map[string]string{"output": hex.EncodeToString(all.Sum(nil))}
	}
	return out
}

// run asks for n iterations and waits for the answer.
func (s *served) run(ctx context.Context, phase string, n int) (sdk.Times, error) {
	if m, ok := s.inbox.take(); ok {
		return sdk.Times{}, s.unasked(m)
	}
	line, err := json.Marshal(request{Run: phase, Iterations: n})
	if err != nil {
		return sdk.Times{}, err
	}
	asked := time.Now()
	if _, err := s.stdin.Write(append(line, '\n')); err != nil {
		return sdk.Times{}, s.ended(err)
	}
	m, err := s.answer(ctx)
	if err != nil {
		return sdk.Times{}, err
	}
	wall, err := m.wall(asked)
	if err == nil {
		err = errors.Join(s.keep(m.Metrics), s.hold(phase, m.Output))
	}
	if err != nil {
		return sdk.Times{}, fmt.Errorf("%s, %d iterations: %w", phase, n, err)
	}
	return sdk.Times{Wall: wall}, nil
}

// answer waits for one message.
func (s *served) answer(ctx context.Context) (message, error) {
	for {
		ended := s.hasEnded() // before the inbox is looked at: its last answer counts
		m, ok := s.inbox.take()
		switch {
		case !ok:
		case m.fault != nil:
			return m, m.fault
		case m.Error != nil:
			return m, fmt.Errorf("the program says: %s", excerpt([]byte(*m.Error), 500))
		default:
			return m, nil
		}
		if ended {
			return m, s.ended(nil)
		}
		if err := s.await(ctx, s.child, s.inbox.notify); err != nil {
			return m, err
		}
	}
}

func (s *served) hasEnded() bool {
	select {
	case <-s.child.Done():
		return true
	default:
		return false
	}
}

func (s *served) unasked(m message) error {
	if m.Error != nil {
		return fmt.Errorf("the program says: %s", excerpt([]byte(*m.Error), 500))
	}
	return errors.New("it answered without being asked: one line for each request")
}

// ended says how the program ended although it was not told to.
func (s *served) ended(err error) error {
	select {
	case <-s.child.Done():
		return fmt.Errorf("it ended (%s) before it was told to; %s", s.child.Exit().State, last(s.child.Tail()))
	case <-time.After(stopGrace): // it has closed its end of the pipe only
		return fmt.Errorf("it does not read its standard input: %w", err)
	}
}

// keep takes the metrics of a message, which must be declared.
func (s *served) keep(metrics map[string]*float64) error {
	for name, value := range metrics {
		if value == nil {
			return fmt.Errorf("metric %q is null", name)
		}
		if !slices.ContainsFunc(s.sources, func(d source) bool { return !d.phase && d.name == name }) {
			return fmt.Errorf("it answers with the metric %q; declare it: metric %q { unit = \"…\" }", name, name)
		}
		s.metrics[name] = *value
	}
	return nil
}

// hold compares an output with the first one of the phase.
func (s *served) hold(phase string, output *string) error {
	if !s.want.asked() {
		return nil
	}
	if output == nil {
		return errors.New(`the answer has no "output", and an output block checks it`)
	}
	f := s.outputs[phase]
	if f == nil {
		f = &fidelity{want: s.want}
		s.outputs[phase] = f
	}
	t := newText(s.want)
	for line := range strings.Lines(*output) {
		t.line([]byte(strings.TrimRight(line, "\r\n")))
	}
	f.add(&t)
	return nil
}

func (s *served) checks() []sdk.Check {
	var out []sdk.Check
	for _, name := range slices.Sorted(maps.Keys(s.outputs)) {
		for _, c := range s.outputs[name].checks() {
			if len(s.outputs) > 1 {
				c.Name += " of " + name
			}
			out = append(out, c)
		}
	}
	return out
}

// close ends the program. One that does not end is logged: the host ends its group.
func (s *served) close() {
	if err := s.end(stopGrace); err != nil {
		s.log.Warn("ending the program", "error", err)
	}
}

// end tells the program to stop, and ends it after the grace.
func (s *served) end(grace time.Duration) error {
	_, _ = io.WriteString(s.stdin, stopLine) // it may have ended already
	s.stdin.Close()
	if grace > 0 {
		select {
		case <-s.child.Done():
		case <-time.After(grace):
		}
	}
	return s.child.Stop(0)
}
