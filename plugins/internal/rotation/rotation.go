// Package rotation is the sdk.Case of the first-party plugins: phases whose
// iterations rotate over different inputs and weights, and which know which
// iteration ran last, so that what timing left in the buffers can be checked.
//
// The main path: make a [Phase] per phase with [Replay] or [Call], then [New]
// runs and verifies one iteration of each, spoils the outputs and returns the
// Case. After timing, Check verifies what the last timed iteration wrote.
//
// Imported by every first-party plugin.
package rotation

import (
	"context"
	"fmt"

	"github.com/assay-bench/assay/core/sdk"
	"github.com/assay-bench/assay/metal"
)

// Runner runs n iterations, going on in the rotation where it stopped.
// A metal.Program is one.
type Runner interface {
	Run(ctx context.Context, n int) (metal.Times, error)
	Release()
}

// Phase is one thing to time.
type Phase struct {
	Name string
	sdk.PhaseFacts
	Iterations int // in one rotation
	Runner     Runner
	// Verify holds the outputs that the given iteration of the rotation left
	// behind against a reference.
	Verify func(ctx context.Context, iteration int) ([]sdk.Check, map[string]float64, error)
	// Outputs are spoiled before timing, so that they are right afterwards only
	// if the timed runs wrote them.
	Outputs []metal.Arg

	runs int
}

// Run counts what it runs.
func (p *Phase) Run(ctx context.Context, n int) (metal.Times, error) {
	p.runs += n
	return p.Runner.Run(ctx, n)
}

// last is the iteration that ran last.
func (p *Phase) last() int { return (p.runs - 1) % p.Iterations }

// Case implements sdk.Case.
type Case struct {
	phases   []*Phase
	prepared sdk.Prepared
	release  func()
}

// New checks every phase once and readies it for timing. It owns release, which
// frees what the phases use, from here on, also when it fails.
func New(ctx context.Context, prepared sdk.Prepared, release func(), phases ...*Phase) (*Case, error) {
	c := &Case{phases: phases, prepared: prepared, release: release}
	if err := c.ready(ctx); err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

func (c *Case) ready(ctx context.Context) error {
	c.prepared.Phases = map[string]sdk.PhaseFacts{}
	if c.prepared.Metrics == nil {
		c.prepared.Metrics = map[string]float64{}
	}
	for _, p := range c.phases {
		if _, err := p.Run(ctx, 1); err != nil {
			return fmt.Errorf("%s: first iteration: %w", p.Name, err)
		}
		if err := p.verify(ctx, &c.prepared.Checks, c.prepared.Metrics); err != nil {
			return err
		}
		for _, out := range p.Outputs {
			if err := spoil(out); err != nil {
				return fmt.Errorf("%s: spoil outputs: %w", p.Name, err)
			}
		}
		p.runs = p.last() + 1 // the rotation goes on, but nothing has been timed
		c.prepared.Phases[p.Name] = p.PhaseFacts
	}
	return nil
}

// verify adds a phase's checks and metrics, its name before theirs.
func (p *Phase) verify(ctx context.Context, checks *[]sdk.Check, metrics map[string]float64) error {
	found, values, err := p.Verify(ctx, p.last())
	if err != nil {
		return fmt.Errorf("%s: check: %w", p.Name, err)
	}
	for _, c := range found {
		c.Name = p.Name + " " + c.Name
		*checks = append(*checks, c)
	}
	for name, v := range values {
		metrics[name] = v
	}
	return nil
}

// Prepared implements sdk.Case.
func (c *Case) Prepared() sdk.Prepared { return c.prepared }

// Run implements sdk.Case.
func (c *Case) Run(ctx context.Context, phase string, n int) (metal.Times, error) {
	for _, p := range c.phases {
		if p.Name == phase {
			return p.Run(ctx, n)
		}
	}
	return metal.Times{}, fmt.Errorf("phase %q was not prepared", phase)
}

// Check implements sdk.Case: it verifies what the last run of each phase wrote.
// A phase that was never timed runs once, for its outputs are spoiled.
func (c *Case) Check(ctx context.Context) ([]sdk.Check, map[string]float64, error) {
	var checks []sdk.Check
	metrics := map[string]float64{}
	for _, p := range c.phases {
		if p.runs == 1 {
			if _, err := p.Run(ctx, 1); err != nil {
				return nil, nil, fmt.Errorf("%s: last iteration: %w", p.Name, err)
			}
		}
		if err := p.verify(ctx, &checks, metrics); err != nil {
			return nil, nil, err
		}
	}
	return checks, metrics, nil
}

// Close implements sdk.Case.
func (c *Case) Close() error {
	for _, p := range c.phases {
		if p.Runner != nil {
			p.Runner.Release()
		}
	}
	if c.release != nil {
		c.release()
		c.release = nil
	}
	c.phases = nil
	return nil
}

// spoil overwrites a buffer of numbers with NaN.
func spoil(a metal.Arg) error {
	nan := make([]byte, a.Buffer.Len())
	for i := range nan {
		nan[i] = 0xff
	}
	return a.Buffer.Write(0, nan)
}
