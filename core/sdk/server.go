package sdk

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-version"
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
	names  names
	fixed  map[string]uint64 // iterations of a sample, by phase, where there is no choice
}

var pluginNameRE = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)

// NewServer checks what can be checked of p before anything runs.
func NewServer[C any](p Plugin[C], log hclog.Logger, opts ...Option) (*Server[C], error) {
	o := options{open: devices.Open}
	if p.NoDevice {
		o.open = openNone
	}
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
	if len(p.Phases) == 0 && p.Declare == nil {
		return nil, fmt.Errorf("plugin %s: has no phase to time", p.Name)
	}
	if p.Prepare == nil {
		return nil, fmt.Errorf("plugin %s: Prepare is missing", p.Name)
	}
	if p.NoDevice {
		if len(p.Devices) > 0 {
			return nil, fmt.Errorf("plugin %s: says NoDevice and runs on %s; take one of the two out", p.Name, strings.Join(p.Devices, ", "))
		}
		p.Devices = []string{string(metal.CPU)}
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
		Config: s.config.proto(), Markdown: s.plugin.Doc, Devices: s.plugin.Devices, Source: s.plugin.Source,
	}
	if s.plugin.Propose != nil {
		r.Capabilities = append(r.Capabilities, pluginv1.Capability_CAPABILITY_PROPOSE)
	}
	r.Phases, r.Metrics = protoPhases(s.plugin.Phases), protoMetrics(s.plugin.Metrics)
	return r
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
	s.lane.do(func() { device, err = openDevice(ctx, s.open, kind, int(req.GetIndex()), s.plugin.Devices) })
	if err != nil {
		list, perr := protoDiagnostics(advice(err))
		if perr != nil || len(list) == 0 {
			return nil, wire.Status(errors.Join(err, perr))
		}
		return &pluginv1.OpenDeviceResponse{Diagnostics: list}, nil
	}
	s.device = device
	return &pluginv1.OpenDeviceResponse{Device: protoDevice(device)}, nil
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
		err = errors.Join(err, known("Check", "metric", metrics, c.names.metrics), c.run.Close())
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
