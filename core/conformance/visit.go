package conformance

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/assay-bench/assay/core/process"
	"github.com/assay-bench/assay/core/proto/pluginv1"
)

// sampleTime is how long samples of the rules last, where the plugin can choose.
const sampleTime = 20 * time.Millisecond

// visit is what the host asks for, and does, in one visit.
type visit struct {
	handle, phase string
	iterations    uint64        // 0: the plugin finds the number that lasts sampleTime
	samples       uint32        // 0: until Stop
	length        time.Duration // of a sample, where iterations is 0; 0: sampleTime
	beat          time.Duration
	hold          time.Duration // between what arrives and its Ack
	stopAt        int           // the sample that is answered with Stop; 0: none
	limit         time.Duration // of the visit beyond its samples; 0: Silence and what is usual
}

// seen is what the host saw of it.
type seen struct {
	intents   int
	samples   []timed
	beats     int
	silence   time.Duration // the longest
	afterStop int           // samples that came after Stop
	stopTook  time.Duration // from Stop to Done
	done      *pluginv1.Done
}

// timed is a sample and what the host's clock saw of it.
type timed struct {
	*pluginv1.Sample
	waited time.Duration // from the Ack before it until it arrived
}

func (t timed) wall() time.Duration { return time.Duration(t.GetWallNs()) }

// visit runs one visit. Its error is a *blamed when the plugin broke a rule of
// visits, else one of the process.
func (s *subject) visit(ctx context.Context, p *process.Process, v visit) (*seen, error) {
	if v.length == 0 {
		v.length = sampleTime
	}
	if v.beat == 0 {
		v.beat = s.o.Limits.Silence
	}
	if v.limit == 0 {
		v.limit = s.o.Limits.Silence + time.Duration(v.samples+1)*(v.hold+10*s.expected(v))
	}
	ctx, cancel := context.WithTimeout(ctx, v.limit)
	defer cancel()
	out := &seen{}
	acked, heard := time.Now(), time.Now()
	hear := func() time.Time {
		now := time.Now()
		out.silence = max(out.silence, now.Sub(heard))
		heard = now
		return now
	}
	answer := func() {
		time.Sleep(v.hold)
		acked = time.Now()
		heard = acked
	}
	var stopped time.Time
	done, err := p.Measure(ctx, &pluginv1.Start{
		Handle: v.handle, Phase: v.phase, Iterations: v.iterations, Samples: v.samples,
		SampleNs: v.length.Nanoseconds(), HeartbeatNs: v.beat.Nanoseconds(),
	}, process.MeasureHandler{
		OnIntent: func(*pluginv1.Intent) error {
			hear()
			if len(out.samples) == 0 {
				out.intents++
			}
			answer()
			return nil
		},
		OnSample: func(m *pluginv1.Sample) (bool, error) {
			if !stopped.IsZero() {
				out.afterStop++
			}
			out.samples = append(out.samples, timed{m, hear().Sub(acked)})
			answer()
			if v.stopAt == len(out.samples) {
				stopped = acked
				return true, nil
			}
			return false, nil
		},
		OnHeartbeat: func(*pluginv1.Heartbeat) { hear(); out.beats++ },
	})
	if out.done = done; !stopped.IsZero() {
		out.stopTook = time.Since(stopped)
	}
	return out, s.settle(p, v, err)
}

// settle says which rule an error of a visit breaks. The process is gone after
// one.
func (s *subject) settle(p *process.Process, v visit, err error) error {
	if err == nil {
		return nil
	}
	s.drop(p)
	var died *process.DeathError
	switch {
	case errors.As(err, &died) && died.Death.Rule != "":
		return &blamed{string(died.Death.Rule), died.Death.Detail}
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("the visit did not end within %s", short(v.limit))
	}
	return err
}

// expected is how long one sample of v should take.
func (s *subject) expected(v visit) time.Duration {
	per := s.pace[v.phase]
	if v.iterations == 0 {
		return max(per, sampleTime)
	}
	return time.Duration(min(float64(per)*float64(v.iterations), float64(time.Hour)))
}

// fixed says that every sample of the phase has the plugin's own number of
// iterations.
func (s *subject) fixed(phase string) bool { return s.prepared.GetPhases()[phase].GetIterations() > 0 }

// iterations that last as long as length; 0 where the plugin cannot choose.
func (s *subject) iterations(phase string, length time.Duration) uint64 {
	per := s.pace[phase]
	if s.fixed(phase) || per <= 0 {
		return 0
	}
	return uint64(max(1, math.Round(float64(length)/float64(per))))
}

// plain are the two ordinary visits that many rules look at: in the first the
// plugin finds the number of iterations, in the second the host asks for it.
type plain struct {
	found, asked *seen
	iterations   uint64 // asked for
	err          error
}

// plain visits a phase, once for all rules.
func (s *subject) plain(ctx context.Context, phase string) (*plain, error) {
	if done := s.plainVisits[phase]; done != nil {
		return done, done.err
	}
	if s.plainVisits == nil {
		s.plainVisits = map[string]*plain{}
	}
	v := &plain{}
	s.plainVisits[phase] = v
	if v.err = s.plainly(ctx, phase, v); v.err != nil {
		var b *blamed
		if !errors.As(v.err, &b) {
			v.err = &blamed{idDone, v.err.Error()}
		}
	}
	return v, v.err
}

func (s *subject) plainly(ctx context.Context, phase string, v *plain) error {
	p, err := s.process(ctx)
	if err != nil {
		return err
	}
	if v.found, err = s.found(ctx, p, phase); err != nil {
		return err
	}
	for _, m := range v.found.samples {
		per := time.Duration(float64(m.GetWallNs()) / float64(m.GetIterations()))
		if s.pace[phase] == 0 || per < s.pace[phase] {
			s.pace[phase] = max(per, 1)
		}
	}
	if v.iterations = s.iterations(phase, sampleTime); s.fixed(phase) {
		v.iterations = s.prepared.GetPhases()[phase].GetIterations()
	}
	v.asked, err = s.visit(ctx, p, visit{handle: firstHandle, phase: phase, iterations: v.iterations, samples: 4, hold: holdTime})
	return err
}

// found is a visit in which the plugin finds the number of iterations.
func (s *subject) found(ctx context.Context, p *process.Process, phase string) (*seen, error) {
	return s.visit(ctx, p, visit{handle: firstHandle, phase: phase, samples: 3, limit: s.o.Limits.Prepare})
}

// holdTime is how long the host keeps the Acks of an asked visit: a plugin that
// does not wait for them shows it.
const holdTime = 60 * time.Millisecond

// visits gives the plain visits of all phases to see.
func (s *subject) visits(ctx context.Context, id string, see func(phase string, v *plain) *outcome) outcome {
	if _, err := s.process(ctx); err != nil {
		return s.judge(id, err)
	}
	for _, phase := range s.declared.phases {
		v, err := s.plain(ctx, phase)
		if err != nil {
			return s.judge(id, err)
		}
		if out := see(phase, v); out != nil {
			return *out
		}
	}
	return kept("%d phases, 7 samples each", len(s.declared.phases))
}

// fault makes an outcome for visits.
func fault(format string, args ...any) *outcome {
	out := broken(format, args...)
	return &out
}
