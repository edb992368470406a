package conformance

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/assay-bench/assay/core/process"
)

// UsageError says what its caller has to change.
type UsageError struct{ text string }

func (e *UsageError) Error() string { return e.text }

// Check holds a plugin against the rules. A *UsageError is about the options,
// such as a configuration that is missing; any other error says why the plugin
// could not be started on this machine.
func Check(ctx context.Context, o Options) (*Report, error) {
	rules, err := chosen(o.Only)
	if err != nil {
		return nil, &UsageError{err.Error()}
	}
	s, err := newSubject(ctx, o)
	if err != nil {
		return nil, err
	}
	defer s.close()
	began := time.Now()
	r := &Report{Plugin: s.named(), Rules: []Outcome{}}
	for _, rule := range rules {
		s.o.Begin(rule.Rule)
		at := time.Now()
		found := s.checked(ctx, rule)
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if s.unfit != nil {
			return nil, s.unfit
		}
		out := Outcome{Rule: rule.Rule, Status: found.status, Seen: found.seen, Ns: time.Since(at).Nanoseconds()}
		s.statuses[rule.ID] = out.Status
		s.o.Done(r.add(out))
	}
	r.Device, r.Configuration, r.Ns = s.deviceText(), compact(s.config), time.Since(began).Nanoseconds()
	return r, nil
}

// newSubject starts the plugin for the first time. That it does not start is an
// error only where no plugin would.
func newSubject(ctx context.Context, o Options) (*subject, error) {
	if err := o.defaults(); err != nil {
		return nil, err
	}
	info, err := os.Stat(o.Path)
	switch {
	case err != nil:
		return nil, &UsageError{fmt.Sprintf("plugin: %v", err)}
	case !info.Mode().IsRegular():
		return nil, &UsageError{fmt.Sprintf("%s is no file", o.Path)}
	case info.Mode()&0o111 == 0:
		return nil, fmt.Errorf("%s is not executable; `chmod +x %s` makes it so", o.Path, o.Path)
	}
	s := &subject{o: o, statuses: map[string]Status{}, pace: map[string]time.Duration{}}
	if s.sha256, err = process.FileSHA256(o.Path); err != nil {
		return nil, err
	}
	s.say(ctx)
	var died *process.DeathError
	if s.startErr != nil && (!errors.As(s.startErr, &died) || died.Death.Kind == process.KindNotStarted) {
		return nil, fmt.Errorf("%s could not be started: %w", o.Path, s.startErr)
	}
	if s.d == nil {
		return s, ctx.Err()
	}
	if err := s.configure(); err != nil {
		s.close()
		return nil, err
	}
	return s, ctx.Err()
}
