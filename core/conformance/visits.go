package conformance

import (
	"context"
	"fmt"
	"time"

	"github.com/assay-bench/assay/core/process"
)

func visitDone(ctx context.Context, s *subject) outcome {
	return s.visits(ctx, idDone, func(phase string, v *plain) *outcome {
		if len(v.found.samples) != 3 || len(v.asked.samples) != 4 {
			return fault("phase %s: %d and %d samples came, asked were 3 and 4", phase, len(v.found.samples), len(v.asked.samples))
		}
		return nil
	})
}

func visitIntent(ctx context.Context, s *subject) outcome {
	return s.visits(ctx, "intent", func(phase string, v *plain) *outcome {
		if v.found.intents == 0 || v.asked.intents == 0 {
			return fault("phase %s: the first message is a sample; a device that hangs in it would leave nothing behind", phase)
		}
		return nil
	})
}

// visitAcks also holds each sample against the host's clock: one that took longer
// than the time since the Ack before it began too early. The host's span starts
// before the Ack is sent, so that only the clocks' steps have to be allowed for.
func visitAcks(ctx context.Context, s *subject) outcome {
	return s.visits(ctx, string(process.RuleAcks), func(phase string, v *plain) *outcome {
		for i, m := range v.asked.samples {
			if early := m.wall() - m.waited; early > max(clockStep, m.wall()/50) && m.wall() < m.waited+2*holdTime {
				return fault("phase %s: sample %d says that it took %s, and came %s after the Ack before it: it began before that Ack", phase, i+1, short(m.wall()), short(m.waited))
			}
		}
		return nil
	})
}

// clockStep is more than the steps of a clock, and less than a sample.
const clockStep = 2 * time.Millisecond

func visitDigest(ctx context.Context, s *subject) outcome {
	return s.visits(ctx, string(process.RuleDigest), func(string, *plain) *outcome { return nil })
}

// sampleRange is by what factor samples may be shorter or longer than asked for.
const sampleRange = 10

func visitIterations(ctx context.Context, s *subject) outcome {
	const id = string(process.RuleIterations)
	return s.visits(ctx, id, func(phase string, v *plain) *outcome {
		found := v.found
		for try := 1; ; try++ {
			err := s.iterationsFault(phase, found)
			if err == nil {
				return nil
			}
			if try == tries { // else another program may have disturbed what the plugin found out
				return fault("phase %s: %v", phase, err)
			}
			p, err := s.process(ctx)
			if err == nil {
				found, err = s.found(ctx, p, phase)
			}
			if err != nil {
				out := s.judge(id, err)
				return &out
			}
		}
	})
}

// iterationsFault holds the samples of a visit in which the plugin found the
// number of iterations.
func (s *subject) iterationsFault(phase string, v *seen) error {
	first := v.samples[0].GetIterations()
	if want := s.prepared.GetPhases()[phase].GetIterations(); want > 0 {
		if first != want {
			return fmt.Errorf("Prepared says that every sample has %d iterations, this one has %d", want, first) //nolint:staticcheck // the message is called so
		}
		return nil
	}
	for _, m := range v.samples {
		if m.GetIterations() != first {
			return fmt.Errorf("%d and %d iterations in one visit", first, m.GetIterations())
		}
		if m.wall() < sampleTime/sampleRange || m.wall() > sampleTime*sampleRange && first > 1 {
			return fmt.Errorf("samples of %s were asked for, and this one of %d iterations took %s", sampleTime, first, short(m.wall()))
		}
	}
	return nil
}

func sampleMetrics(ctx context.Context, s *subject) outcome {
	return s.visits(ctx, "sample-metrics", func(phase string, v *plain) *outcome {
		for _, m := range append(v.found.samples, v.asked.samples...) {
			if text := s.faultyMetrics(m.GetMetrics()); text != "" {
				return fault("phase %s: %s", phase, text)
			}
		}
		return nil
	})
}
