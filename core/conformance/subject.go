package conformance

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/assay-bench/assay/core/process"
	"github.com/assay-bench/assay/core/proto/pluginv1"
	"github.com/assay-bench/assay/core/registry"
	"github.com/assay-bench/assay/core/schema"
)

// firstHandle is of the configuration that a process of ready has prepared, and
// secondHandle of another one beside it.
const (
	firstHandle  = "1"
	secondHandle = "2"
)

// subject is the plugin under check and what is known of it so far.
type subject struct {
	o      Options
	sha256 string

	said    *pluginv1.DescribeResponse // by the describe argument
	saidErr error
	first   *pluginv1.DescribeResponse // over the socket, by the first process
	second  *pluginv1.DescribeResponse // by the second
	d       *pluginv1.DescribeResponse // the one that counts; nil: none

	startErr, describeErr error
	ready                 time.Duration // start of the first process to the handshake
	describeTook          time.Duration
	deviceFiles           []string // open before OpenDevice

	block  *schema.Block // nil: the schema does not compile
	config []byte

	declared    *declared // phases and metrics of the configuration
	live        *process.Process
	device      *pluginv1.Device
	prepared    *pluginv1.Prepared
	plainVisits map[string]*plain
	pace        map[string]time.Duration // of an iteration, by phase
	printed     strings.Builder
	statuses    map[string]Status
	unfit       error // why this machine cannot run the plugin
}

// declared are phases and metrics that may be used.
type declared struct {
	phases  []string
	units   map[string]string // by phase
	metrics map[string]bool
}

func (s *subject) close() {
	if s.live != nil {
		s.drop(s.live)
	}
}

// start starts a process as a session does.
func (s *subject) start(ctx context.Context) (*process.Process, error) {
	return process.Start(ctx, process.Options{
		Path: s.o.Path, SHA256: s.sha256, Env: s.o.Env, Logger: s.o.Logger, StartTimeout: s.o.Limits.Start,
	})
}

// drop ends a process and keeps what it printed.
func (s *subject) drop(p *process.Process) {
	p.Kill()
	s.printed.WriteString(p.Printed())
	if p == s.live {
		s.live, s.prepared = nil, nil
	}
}

func digestOf(config []byte) string {
	sum := sha256.Sum256(config)
	return "sha256:" + hex.EncodeToString(sum[:])
}

// begin starts a process; an error is blamed on the handshake.
func (s *subject) begin(ctx context.Context) (*process.Process, error) {
	p, err := s.start(ctx)
	if err != nil {
		return nil, &blamed{idHandshake, err.Error()}
	}
	return p, nil
}

// open opens the device. That this machine has none is no fault of the plugin.
func (s *subject) open(ctx context.Context, p *process.Process) (*pluginv1.Device, error) {
	r, err := p.OpenDevice(ctx, &pluginv1.OpenDeviceRequest{Kind: s.o.Device, Index: uint32(s.o.Index)})
	if err != nil {
		return nil, &blamed{idOpen, err.Error()}
	}
	if text := refusal(r.GetDiagnostics()); text != "" {
		s.unfit = fmt.Errorf("plugin %s opens no device %q here: %s; --device names another kind%s",
			clean(s.d.GetName()), s.o.Device, clean(text), s.kinds())
		return nil, s.unfit
	}
	if r.GetDevice() == nil {
		return nil, &blamed{idOpen, "it answered with neither a device nor an error diagnostic"}
	}
	s.device = r.GetDevice()
	return s.device, nil
}

func (s *subject) kinds() string {
	if len(s.d.GetDevices()) == 0 {
		return ""
	}
	return ", of " + clean(strings.Join(s.d.GetDevices(), ", "))
}

// refusal is what the errors among diagnostics say.
func refusal(list []*pluginv1.Diagnostic) string {
	var out []string
	for _, d := range list {
		if d.GetSeverity() != pluginv1.Diagnostic_SEVERITY_WARNING {
			out = append(out, strings.TrimSuffix(fmt.Sprintf("%s: %s", d.GetSummary(), d.GetDetail()), ": "))
		}
	}
	return strings.Join(out, "; ")
}

// declare asks which phases and metrics the configuration has.
func (s *subject) declare(ctx context.Context, p *process.Process) error {
	if s.declared != nil {
		return nil
	}
	if s.config == nil {
		return &blamed{idSchema, "there is no configuration, because the schema does not compile"}
	}
	r, err := s.validate(ctx, p, s.config)
	if err != nil {
		return &blamed{"validate", err.Error()}
	}
	if text := refusal(r.GetDiagnostics()); text != "" {
		s.unfit = &UsageError{fmt.Sprintf("plugin %s refuses the configuration %s: %s; --config names a file with another one", clean(s.d.GetName()), clean(string(s.config)), clean(text))}
		return s.unfit
	}
	known := &declared{units: map[string]string{}, metrics: map[string]bool{}}
	for _, list := range [][]*pluginv1.Phase{s.d.GetPhases(), r.GetPhases()} {
		for _, phase := range list {
			known.phases = append(known.phases, phase.GetName())
			known.units[phase.GetName()] = phase.GetUnit()
		}
	}
	for _, list := range [][]*pluginv1.Metric{s.d.GetMetrics(), r.GetMetrics()} {
		for _, m := range list {
			known.metrics[m.GetName()] = true
		}
	}
	if len(known.phases) == 0 {
		return &blamed{idSchema, "neither Describe nor ValidateConfig names a phase to time"}
	}
	s.declared = known
	return nil
}

func (s *subject) validate(ctx context.Context, p *process.Process, config []byte) (*pluginv1.ValidateConfigResponse, error) {
	ctx, cancel := context.WithTimeout(ctx, s.o.Limits.Validate)
	defer cancel()
	return p.ValidateConfig(ctx, &pluginv1.ValidateConfigRequest{ConfigJson: config, Device: s.o.Device})
}

// prepare prepares the configuration under a handle.
func (s *subject) prepare(ctx context.Context, p *process.Process, handle string, seed uint64) (*pluginv1.Prepared, error) {
	ctx, cancel := context.WithTimeout(ctx, s.o.Limits.Prepare)
	defer cancel()
	prepared, found, err := p.PrepareCase(ctx, &pluginv1.PrepareCaseRequest{
		Handle: handle, ConfigJson: s.config, ConfigDigest: digestOf(s.config), Seed: seed, Cache: "cold", Phases: s.declared.phases,
	}, func(progress *pluginv1.Progress) { s.o.Step(clean(progress.GetStep())) })
	if err != nil {
		return nil, &blamed{idPrepared, err.Error()}
	}
	if text := refusal(found); text != "" {
		return nil, &refused{clean(text)}
	}
	return prepared, nil
}

// refused is a preparation that ended with an error for the user.
type refused struct{ text string }

func (r *refused) Error() string { return r.text }

// startPrepared gives a new process in which the configuration is prepared.
func (s *subject) startPrepared(ctx context.Context, seed uint64) (*process.Process, *pluginv1.Prepared, error) {
	p, err := s.begin(ctx)
	if err != nil {
		return nil, nil, err
	}
	prepared, err := func() (*pluginv1.Prepared, error) {
		if err := s.declare(ctx, p); err != nil {
			return nil, err
		}
		if _, err := s.open(ctx, p); err != nil {
			return nil, err
		}
		return s.prepare(ctx, p, firstHandle, seed)
	}()
	if err != nil {
		s.drop(p)
		var r *refused
		if errors.As(err, &r) {
			s.unfit = &UsageError{fmt.Sprintf("plugin %s does not prepare the configuration %s: %s; --config names a file with another one, --device another device", clean(s.d.GetName()), clean(string(s.config)), r.text)}
		}
		return nil, nil, err
	}
	return p, prepared, nil
}

// process gives the prepared process that rules share, a new one after the last
// one ended.
func (s *subject) process(ctx context.Context) (*process.Process, error) {
	if s.live != nil {
		select {
		case <-s.live.Exited():
			s.drop(s.live)
		default:
			return s.live, nil
		}
	}
	p, prepared, err := s.startPrepared(ctx, 1)
	if err != nil {
		return nil, err
	}
	s.live, s.prepared = p, prepared
	return p, nil
}

// named is what a report says of the plugin.
func (s *subject) named() Subject {
	return Subject{Name: clean(s.d.GetName()), Version: clean(s.d.GetVersion()), Path: s.o.Path, SHA256: s.sha256}
}

// deviceText is the device's kind and name, empty before one was opened.
func (s *subject) deviceText() string {
	if s.device == nil {
		return ""
	}
	return clean(s.device.GetKind() + ": " + s.device.GetName())
}

// whySilent says why there is no description to work with.
func (s *subject) whySilent() error {
	if s.d != nil {
		return registry.CheckSchema(s.d)
	}
	return cmp.Or(s.startErr, s.describeErr, s.saidErr)
}

// why is an error of a trial.
func (s *subject) why(err error) error {
	if s.unfit != nil {
		return s.unfit
	}
	name := clean(s.d.GetName())
	return fmt.Errorf("%s: %s; `assay plugin check %s` says more", name, clean(err.Error()), name)
}

// judge says what an error means for the rule id: its own fault, or a skip that
// names the rule whose fault it is. A rule that was kept before is not blamed.
func (s *subject) judge(id string, err error) outcome {
	var b *blamed
	if !errors.As(err, &b) {
		return broken("%v", err)
	}
	if b.id != id && s.statuses[b.id] != Pass {
		return skip("the plugin does not come so far: %s (rule %s)", b.text, b.id)
	}
	return broken("%s", b.text)
}
