package conformance

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"github.com/assay-bench/assay/core/process"
	"github.com/assay-bench/assay/core/proto/pluginv1"
)

func openDevice(ctx context.Context, s *subject) outcome {
	p, err := s.begin(ctx)
	if err != nil {
		return s.judge(idOpen, err)
	}
	defer s.drop(p)
	began := time.Now()
	d, err := s.open(ctx, p)
	switch {
	case err != nil:
		return s.judge(idOpen, err)
	case d.GetKind() == "" || d.GetName() == "":
		return broken("the device has kind %q and name %q; both are needed", d.GetKind(), d.GetName())
	case s.o.Device != "auto" && d.GetKind() != s.o.Device:
		return broken("asked for %s, it opened %s", s.o.Device, d.GetKind())
	case len(s.d.GetDevices()) > 0 && !slices.Contains(s.d.GetDevices(), d.GetKind()):
		return broken("it opened %s, and describes itself as running on %v", d.GetKind(), s.d.GetDevices())
	case d.GetIndex() != uint32(s.o.Index):
		return broken("asked for number %d of its kind, it opened number %d", s.o.Index, d.GetIndex())
	}
	return kept("%s: %s, in %s", d.GetKind(), d.GetName(), short(time.Since(began)))
}

func prepareOnce(ctx context.Context, s *subject) outcome {
	began := time.Now()
	if _, err := s.process(ctx); err != nil {
		return s.judge(idPrepared, err)
	}
	return kept("prepared in %s", short(time.Since(began)))
}

func preparedFacts(ctx context.Context, s *subject) outcome {
	const id = "prepared-facts"
	if _, err := s.process(ctx); err != nil {
		return s.judge(id, err)
	}
	r := s.prepared
	for _, phase := range slices.Sorted(maps.Keys(r.GetPhases())) {
		f := r.GetPhases()[phase]
		switch {
		case !slices.Contains(s.declared.phases, phase):
			return broken("it has facts of phase %q, which neither Describe nor ValidateConfig names", phase)
		case !finite(f.GetUnitsPerIteration()) || f.GetUnitsPerIteration() < 0 || f.GetBytesPerIteration() < 0:
			return broken("phase %s: %v units and %d bytes per iteration", phase, f.GetUnitsPerIteration(), f.GetBytesPerIteration())
		}
	}
	if fault := s.faultyMetrics(r.GetMetrics()); fault != "" {
		return broken("%s", fault)
	}
	if fault := failing(r.GetChecks()); fault != "" {
		return broken("%s", fault)
	}
	for name, n := range r.GetNumbers() {
		if !finite(append(n.GetValues(), n.GetTolerance())...) || n.GetTolerance() < 0 {
			return broken("numbers %q or their tolerance are not finite", name)
		}
	}
	return kept("%d checks, %d metrics, facts of %d phases", len(r.GetChecks()), len(r.GetMetrics()), len(r.GetPhases()))
}

func finite(values ...float64) bool {
	return !slices.ContainsFunc(values, func(x float64) bool { return math.IsNaN(x) || math.IsInf(x, 0) })
}

// faultyMetrics says which metric is undeclared or not finite.
func (s *subject) faultyMetrics(m map[string]float64) string {
	for _, name := range slices.Sorted(maps.Keys(m)) {
		if !s.declared.metrics[name] {
			return fmt.Sprintf("metric %q is named neither by Describe nor by ValidateConfig", name)
		}
		if !finite(m[name]) {
			return fmt.Sprintf("metric %s is %v", name, m[name])
		}
	}
	return ""
}

// failing says which check does not pass.
func failing(checks []*pluginv1.Check) string {
	for _, c := range checks {
		switch {
		case c.GetName() == "":
			return "a check has no name"
		case !c.GetPassed():
			return fmt.Sprintf("check %s fails: %v, at most %v is allowed; %s", c.GetName(), c.GetValue(), c.GetLimit(), c.GetDetail())
		}
	}
	return ""
}

// handles prepares a second configuration beside the first, and visits them by
// turns.
func handles(ctx context.Context, s *subject) outcome {
	const id = "handles"
	if _, err := s.firstPhase(ctx); err != nil {
		return s.judge(id, err)
	}
	p, err := s.process(ctx)
	if err != nil {
		return s.judge(id, err)
	}
	defer s.drop(p)
	if _, err := s.prepare(ctx, p, secondHandle, 1); err != nil {
		if _, ok := err.(*refused); ok { //nolint:errorlint // as prepare returns it
			return skip("a second one beside the first is refused: %v", err)
		}
		return broken("a second one beside the first: %v", err)
	}
	for _, handle := range []string{firstHandle, secondHandle, firstHandle} {
		if err := s.shortVisit(ctx, p, handle); err != nil {
			return broken("visiting the %s of two: %v", ordinal[handle], err)
		}
	}
	if _, err := p.ReleaseCase(ctx, &pluginv1.ReleaseCaseRequest{Handle: secondHandle}); err != nil {
		return broken("releasing the second of two: %v", err)
	}
	if err := s.shortVisit(ctx, p, firstHandle); err != nil {
		return broken("visiting the first after the second was released: %v", err)
	}
	return kept("two were visited by turns, and one went on when the other was released")
}

var ordinal = map[string]string{firstHandle: "first", secondHandle: "second"}

func (s *subject) shortVisit(ctx context.Context, p *process.Process, handle string) error {
	phase := s.declared.phases[0]
	_, err := s.visit(ctx, p, visit{handle: handle, phase: phase, iterations: s.iterations(phase, sampleTime), samples: 2})
	return err
}

func release(ctx context.Context, s *subject) outcome {
	const id = "release"
	p, err := s.process(ctx)
	if err != nil {
		return s.judge(id, err)
	}
	defer s.drop(p)
	r, err := p.ReleaseCase(ctx, &pluginv1.ReleaseCaseRequest{Handle: firstHandle})
	if err != nil {
		return broken("%v", err)
	}
	if fault := s.faultyMetrics(r.GetMetrics()); fault != "" {
		return broken("%s", fault)
	}
	if fault := failing(r.GetChecks()); fault != "" {
		return broken("%s", fault)
	}
	return kept("%d checks", len(r.GetChecks()))
}

func yardsticks(ctx context.Context, s *subject) outcome {
	const id = "yardstick"
	p, err := s.process(ctx)
	if err != nil {
		return s.judge(id, err)
	}
	if len(s.device.GetYardsticks()) == 0 {
		return skip("the device has none")
	}
	for _, name := range s.device.GetYardsticks() {
		began := time.Now()
		r, err := p.MeasureYardstick(ctx, &pluginv1.MeasureYardstickRequest{Yardstick: name})
		took := time.Since(began)
		switch {
		case err != nil:
			return broken("%s: %v", name, err)
		case refusal(r.GetDiagnostics()) != "":
			return skip("%s cannot be measured now: %s", name, refusal(r.GetDiagnostics()))
		case r.GetBytes() <= 0 || r.GetNs() <= 0:
			return broken("%s: %d bytes in %d ns", name, r.GetBytes(), r.GetNs())
		case time.Duration(r.GetNs()) > took:
			return broken("%s took %s by its own clock, and %s by the host's", name, short(time.Duration(r.GetNs())), short(took))
		}
	}
	return kept("%v", s.device.GetYardsticks())
}
