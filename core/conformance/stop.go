package conformance

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/assay-bench/assay/core/process"
	"github.com/assay-bench/assay/core/proto/pluginv1"
)

// longBatch is the longest batch that a rule asks for on purpose.
const longBatch = 30 * time.Second

// stop answers a sample with Stop, and sends it in the middle of another.
func stop(ctx context.Context, s *subject) outcome {
	const id = "stop"
	phase, err := s.firstPhase(ctx)
	if err != nil {
		return s.judge(id, err)
	}
	p, err := s.process(ctx)
	if err != nil {
		return s.judge(id, err)
	}
	n := s.iterations(phase, sampleTime)
	v, err := s.visit(ctx, p, visit{
		handle: firstHandle, phase: phase, iterations: n, stopAt: 2,
		beat: 3 * process.VisitGrace, limit: 4*process.VisitGrace + 10*s.expected(visit{phase: phase, iterations: n}),
	})
	switch {
	case err != nil:
		return s.judge(id, fmt.Errorf("answered with Stop instead of Ack: %w", err))
	case v.afterStop > 0:
		return broken("%d samples came after Stop had answered the one before", v.afterStop)
	case v.stopTook > process.VisitGrace:
		return broken("Done came %s after Stop", short(v.stopTook))
	}
	length := 5 * sampleTime
	if s.pace[phase] > length || s.fixed(phase) {
		return kept("Done came %s after Stop; a sample cannot be made of a length to stop it in the middle", short(v.stopTook))
	}
	var took time.Duration
	for range tries { // shorter each time: on a busy machine a sample takes longer than it should
		if took, err = s.stopInTheMiddle(ctx, phase, length); err == nil {
			break
		}
		length /= 2
	}
	if err != nil {
		return s.judge(id, err)
	}
	return kept("Done came %s after Stop, and %s after one in the middle of a sample", short(v.stopTook), short(took))
}

// stopInTheMiddle cancels a visit during its first sample: the host then sends
// Stop, and gives up a second later.
func (s *subject) stopInTheMiddle(ctx context.Context, phase string, length time.Duration) (time.Duration, error) {
	p, err := s.process(ctx)
	if err != nil {
		return 0, err
	}
	inner, cancel := context.WithCancel(ctx)
	defer cancel()
	var asked time.Time
	timer := &time.Timer{}
	done, err := p.Measure(inner, &pluginv1.Start{
		Handle: firstHandle, Phase: phase, Iterations: s.iterations(phase, length), SampleNs: length.Nanoseconds(), HeartbeatNs: s.o.Limits.Silence.Nanoseconds(),
	}, process.MeasureHandler{
		OnIntent: func(*pluginv1.Intent) error {
			timer = time.AfterFunc(length/4, func() { asked = time.Now(); cancel() })
			return nil
		},
		OnSample: func(*pluginv1.Sample) (bool, error) { return false, nil },
	})
	timer.Stop()
	took := time.Since(asked)
	var died *process.DeathError
	switch {
	case errors.As(err, &died):
		return 0, s.settle(p, visit{}, err)
	case done == nil:
		s.drop(p)
		return 0, fmt.Errorf("no Done within %s after Stop in the middle of a sample of %s", process.VisitGrace, short(length))
	}
	return took, nil
}

// firstPhase has been visited plainly when it returns.
func (s *subject) firstPhase(ctx context.Context) (string, error) {
	if _, err := s.process(ctx); err != nil {
		return "", err
	}
	phase := s.declared.phases[0]
	_, err := s.plain(ctx, phase)
	return phase, err
}

// beatTries is how often a long batch is tried; each may be silent for twice as long.
const beatTries = 3

// heartbeat asks for one batch that lasts longer than the plugin may be silent.
// On a busy machine a heartbeat may come late, so that later tries allow for more
// silence; a plugin that sends none fails them all.
func heartbeat(ctx context.Context, s *subject) outcome {
	const id = "heartbeat"
	phase, err := s.firstPhase(ctx)
	if err != nil {
		return s.judge(id, err)
	}
	beat, batch := s.o.Limits.Beat, s.pace[phase]
	switch {
	case batch > longBatch/6:
		return skip("an iteration takes %s: too long to wait for a batch of several", short(batch))
	case s.fixed(phase):
		n := s.prepared.GetPhases()[phase].GetIterations()
		if batch *= time.Duration(n); batch < 2*beat {
			return skip("a sample always has %d iterations, and lasts %s: the host is never long without news", n, short(batch))
		}
	default:
		beat = max(beat, 2*batch)
	}
	var out outcome
	for range beatTries {
		if out, err = s.longVisit(ctx, phase, beat); err != nil {
			return s.judge(id, err)
		}
		if out.status == Pass || s.fixed(phase) && 2*beat > batch {
			return out
		}
		beat *= 2
	}
	return out
}

// longVisit is a visit of one sample that lasts about three times as long as the
// plugin may be silent. Its error is another rule's.
func (s *subject) longVisit(ctx context.Context, phase string, beat time.Duration) (outcome, error) {
	p, err := s.process(ctx)
	if err != nil {
		return outcome{}, err
	}
	v, err := s.visit(ctx, p, visit{
		handle: firstHandle, phase: phase, iterations: s.iterations(phase, 3*beat), samples: 1, beat: beat, limit: 2*longBatch + s.o.Limits.Silence,
	})
	var b *blamed
	switch {
	case errors.As(err, &b):
		return outcome{}, err
	case err != nil:
		return broken("a batch of about %s, heartbeats asked for every %s: %v", short(3*beat), short(beat), err), nil
	case v.beats > 0:
		return kept("%d heartbeats in %s, never silent for longer than %s", v.beats, short(v.samples[0].waited), short(v.silence)), nil
	case v.samples[0].waited < beat:
		return skip("no batch lasted longer than %s", short(beat)), nil
	}
	return broken("no heartbeat in a batch of %s, and the host asked for one every %s", short(v.samples[0].waited), short(beat)), nil
}
