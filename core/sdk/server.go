package sdk

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-version"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/assay-bench/assay/core/proto/pluginv1"
	"github.com/assay-bench/assay/core/sdk/wire"
	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/devices"
)

// Server implements the protocol for one Plugin. Serve and package sdktest
// make one; so may a program that wraps it.
type Server[C any] struct {
	pluginv1.UnimplementedPluginServer

	plugin Plugin[C]
	config *object
	log    hclog.Logger
	open   Opener
	lane   *lane

	mu     sync.Mutex // guards what follows; device work is serialized by lane
	device metal.Device
	cases  map[string]*prepared
}

// prepared is a case that the host has a handle for.
type prepared struct {
	run    Case
	digest string
}

var pluginNameRE = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)

// NewServer checks what can be checked of p before anything runs.
func NewServer[C any](p Plugin[C], log hclog.Logger, opts ...Option) (*Server[C], error) {
	o := options{open: devices.Open}
	for _, opt := range opts {
		opt(&o)
	}
	if log == nil {
		log = hclog.NewNullLogger()
	}
	if !pluginNameRE.MatchString(p.Name) {
		return nil, fmt.Errorf("plugin name %q must be lower case letters, digits and dashes", p.Name)
	}
	if _, err := version.NewSemver(p.Version); err != nil {
		return nil, fmt.Errorf("plugin %s: version %q is not a semantic version", p.Name, p.Version)
	}
	if len(p.Phases) == 0 {
		return nil, fmt.Errorf("plugin %s: has no phase to time", p.Name)
	}
	if p.Prepare == nil {
		return nil, fmt.Errorf("plugin %s: Prepare is missing", p.Name)
	}
	config, err := readStruct(reflect.TypeFor[C](), nil)
	if err != nil {
		return nil, fmt.Errorf("plugin %s: %w", p.Name, err)
	}
	s := &Server[C]{
		plugin: p, config: config, log: log, open: o.open,
		lane: newLane(), cases: map[string]*prepared{},
	}
	return s, s.declared()
}

// Describe implements the protocol.
func (s *Server[C]) Describe(context.Context, *pluginv1.DescribeRequest) (*pluginv1.DescribeResponse, error) {
	return s.describe(), nil
}

func (s *Server[C]) describe() *pluginv1.DescribeResponse {
	r := &pluginv1.DescribeResponse{
		Name: s.plugin.Name, Version: s.plugin.Version, SdkVersion: Version,
		Config: s.config.proto(), Markdown: s.plugin.Doc, Devices: s.plugin.Devices,
	}
	if s.plugin.Propose != nil {
		r.Capabilities = append(r.Capabilities, pluginv1.Capability_CAPABILITY_PROPOSE)
	}
	for _, p := range s.plugin.Phases {
		r.Phases = append(r.Phases, &pluginv1.Phase{Name: p.Name, Description: p.Doc, Unit: p.Unit})
	}
	for _, m := range s.plugin.Metrics {
		r.Metrics = append(r.Metrics, &pluginv1.Metric{
			Name: m.Name, Unit: m.Unit, Description: m.Doc, Better: pluginv1.Metric_Better(m.Better),
		})
	}
	return r
}

// decode reads a configuration and runs the author's own checks on it.
func (s *Server[C]) decode(data []byte) (C, []Diagnostic) {
	var cfg C
	if d := s.config.decode(data, reflect.ValueOf(&cfg)); len(d) > 0 {
		return cfg, d
	}
	if s.plugin.Validate == nil {
		return cfg, nil
	}
	return cfg, s.plugin.Validate(cfg)
}

func failed(list []Diagnostic) bool {
	for _, d := range list {
		if !d.Warning {
			return true
		}
	}
	return false
}

// ValidateConfig implements the protocol.
func (s *Server[C]) ValidateConfig(_ context.Context, req *pluginv1.ValidateConfigRequest) (*pluginv1.ValidateConfigResponse, error) {
	cfg, found := s.decode(req.GetConfigJson())
	list, err := protoDiagnostics(found)
	if err != nil {
		return nil, wire.Status(err)
	}
	r := &pluginv1.ValidateConfigResponse{Diagnostics: list}
	if s.plugin.Bytes != nil && !failed(found) {
		r.DeviceBytes = s.plugin.Bytes(cfg)
	}
	return r, nil
}

// OpenDevice implements the protocol.
func (s *Server[C]) OpenDevice(ctx context.Context, req *pluginv1.OpenDeviceRequest) (*pluginv1.OpenDeviceResponse, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.device != nil {
		return nil, status.Error(codes.FailedPrecondition, "OpenDevice was called twice")
	}
	kind := req.GetKind()
	if kind == "" {
		kind = "auto"
	}
	var device metal.Device
	var err error
	s.lane.do(func() { device, err = openDevice(ctx, s.open, kind, s.plugin.Devices) })
	if err != nil {
		list, perr := protoDiagnostics(advice(err))
		if perr != nil || len(list) == 0 {
			return nil, wire.Status(errors.Join(err, perr))
		}
		return &pluginv1.OpenDeviceResponse{Diagnostics: list}, nil
	}
	s.device = device
	return &pluginv1.OpenDeviceResponse{Device: protoDevice(device.Info())}, nil
}

// PrepareCase implements the protocol.
func (s *Server[C]) PrepareCase(req *pluginv1.PrepareCaseRequest, stream grpc.ServerStreamingServer[pluginv1.PrepareCaseResponse]) error {
	if err := s.mayPrepare(req); err != nil {
		return err
	}
	out := &prepareStream{stream: stream}
	cfg, faults := s.decode(req.GetConfigJson())
	if failed(faults) { // warnings were given by ValidateConfig
		return out.diagnostics(faults)
	}
	log := s.log.With("case", req.GetHandle())
	ctx := metal.WithBeat(stream.Context(), out.beat)
	r := Request[C]{
		Config: cfg, Device: s.device, Seed: req.GetSeed(), Cold: req.GetCache() != "hot",
		Phases: req.GetPhases(), Progress: out.progress, Log: log,
	}
	var c Case
	var p *pluginv1.Prepared
	var warnings []Diagnostic
	var err error
	s.lane.do(func() {
		start, before := time.Now(), s.device.Memory().Current
		if c, err = s.plugin.Prepare(ctx, r); err == nil && c == nil {
			err = errors.New("the plugin returned neither a case nor an error from Prepare")
		}
		if err == nil {
			found := c.Prepared()
			p, warnings = protoPrepared(found, time.Since(start), s.device.Memory().Current-before)
			err = errors.Join(known("Prepared", "metric", found.Metrics, s.metrics()), known("Prepared", "facts for phase", found.Phases, s.phases()))
		}
	})
	if err != nil {
		found := advice(err)
		if len(found) == 0 {
			return wire.Status(fmt.Errorf("prepare: %w", err))
		}
		return out.diagnostics(found)
	}
	if err := out.diagnostics(warnings); err != nil {
		return err
	}
	s.mu.Lock()
	s.cases[req.GetHandle()] = &prepared{run: c, digest: req.GetConfigDigest()}
	s.mu.Unlock()
	return out.send(&pluginv1.PrepareCaseResponse{Event: &pluginv1.PrepareCaseResponse_Prepared{Prepared: p}})
}

// mayPrepare holds the host to the protocol.
func (s *Server[C]) mayPrepare(req *pluginv1.PrepareCaseRequest) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	sum := sha256.Sum256(req.GetConfigJson())
	switch {
	case s.device == nil:
		return status.Error(codes.FailedPrecondition, "PrepareCase came before OpenDevice")
	case req.GetHandle() == "" || s.cases[req.GetHandle()] != nil:
		return status.Errorf(codes.AlreadyExists, "handle %q is empty or taken", req.GetHandle())
	case req.GetConfigDigest() != "sha256:"+hex.EncodeToString(sum[:]):
		return status.Errorf(codes.InvalidArgument, "digest %s is not that of the configuration", req.GetConfigDigest())
	}
	for _, phase := range req.GetPhases() {
		if phases := s.phases(); !slices.Contains(phases, phase) {
			return status.Errorf(codes.InvalidArgument, "phase %q is not one of %s", phase, strings.Join(phases, ", "))
		}
	}
	return nil
}

func (s *Server[C]) find(handle string) (*prepared, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.cases[handle]
	if c == nil {
		return nil, status.Errorf(codes.NotFound, "no case is prepared under handle %q", handle)
	}
	return c, nil
}

// ReleaseCase implements the protocol.
func (s *Server[C]) ReleaseCase(ctx context.Context, req *pluginv1.ReleaseCaseRequest) (*pluginv1.ReleaseCaseResponse, error) {
	c, err := s.find(req.GetHandle())
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	delete(s.cases, req.GetHandle())
	s.mu.Unlock()
	var checks []Check
	var metrics map[string]float64
	s.lane.do(func() {
		checks, metrics, err = c.run.Check(ctx)
		err = errors.Join(err, known("Check", "metric", metrics, s.metrics()), c.run.Close())
	})
	if err != nil {
		return nil, wire.Status(fmt.Errorf("release: %w", err))
	}
	return &pluginv1.ReleaseCaseResponse{Checks: protoChecks(checks), Metrics: metrics}, nil
}

// Shutdown frees the cases and the device. It gives up after a moment when the
// device is busy: the process ends anyway.
func (s *Server[C]) Shutdown() {
	s.lane.tryDo(time.Second, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		for _, c := range s.cases {
			if err := c.run.Close(); err != nil {
				s.log.Warn("closing a case", "error", err)
			}
		}
		clear(s.cases)
		if s.device != nil {
			if err := s.device.Close(); err != nil {
				s.log.Warn("closing the device", "error", err)
			}
		}
	})
}
