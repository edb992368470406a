package sdk

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"
	semver "github.com/hashicorp/go-version"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/assay-bench/assay/core/internal/serving"
	"github.com/assay-bench/assay/core/proto/pluginv1"
	"github.com/assay-bench/assay/core/sdk/wire"
	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/devices"
)

// server implements the protocol for one Plugin.
type server[C any] struct {
	pluginv1.UnimplementedPluginServer

	plugin Plugin[C]
	config *object
	log    hclog.Logger
	now    func() time.Time
	lane   *lane

	mu       sync.Mutex // guards what follows; device work is serialized by lane
	device   metal.Device
	prepared map[string]*prepared
}

// prepared is a configuration that the host has a handle for.
type prepared struct {
	Prepared
	digest  string
	names   names
	phases  map[string]*timed
	order   []*timed
	cleanup []func()
	fixed   map[string]uint64 // iterations of a sample, by phase, where there is no choice
}

var pluginNameRE = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)

// NewServer checks what can be checked of p before anything runs. It is for package
// sdktest and for the host's own tests: Serve is all that a plugin needs.
func NewServer[C any](p Plugin[C], o serving.Options) (serving.Server, error) {
	if p.OpenDevice == nil {
		p.OpenDevice = devices.Open
		if p.NoDevice {
			p.OpenDevice = openNone
		}
	}
	if o.Log == nil {
		o.Log = hclog.NewNullLogger()
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if !pluginNameRE.MatchString(p.Name) {
		return nil, fmt.Errorf("plugin name %q must be lower case letters, digits and dashes", p.Name)
	}
	if _, err := semver.NewSemver(p.Version); err != nil {
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
	s := &server[C]{
		plugin: p, config: config, log: o.Log, now: o.Now,
		lane: newLane(), prepared: map[string]*prepared{},
	}
	return s, s.declared()
}

// Describe implements the protocol.
func (s *server[C]) Describe(context.Context, *pluginv1.DescribeRequest) (*pluginv1.DescribeResponse, error) {
	return s.describe(), nil
}

func (s *server[C]) describe() *pluginv1.DescribeResponse {
	r := &pluginv1.DescribeResponse{
		Name: s.plugin.Name, Version: s.plugin.Version, SdkVersion: version,
		Config: s.config.proto(), Markdown: s.plugin.Doc, Devices: s.plugin.Devices, Source: s.plugin.Source,
	}
	if s.plugin.Propose != nil {
		r.Capabilities = append(r.Capabilities, pluginv1.Capability_CAPABILITY_PROPOSE)
	}
	r.Phases, r.Metrics = protoPhases(s.plugin.Phases), protoMetrics(s.plugin.Metrics)
	return r
}

// OpenDevice implements the protocol.
func (s *server[C]) OpenDevice(ctx context.Context, req *pluginv1.OpenDeviceRequest) (*pluginv1.OpenDeviceResponse, error) {
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
	s.lane.do(func() {
		device, err = openDevice(ctx, s.plugin.OpenDevice, kind, int(req.GetIndex()), s.plugin.Devices)
	})
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

func (s *server[C]) find(handle string) (*prepared, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c := s.prepared[handle]
	if c == nil {
		return nil, status.Errorf(codes.NotFound, "no configuration is prepared under handle %q", handle)
	}
	return c, nil
}

// ReleaseCase implements the protocol.
func (s *server[C]) ReleaseCase(ctx context.Context, req *pluginv1.ReleaseCaseRequest) (*pluginv1.ReleaseCaseResponse, error) {
	c, err := s.find(req.GetHandle())
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	delete(s.prepared, req.GetHandle())
	s.mu.Unlock()
	var found verified
	s.lane.do(func() {
		found, err = c.check(ctx)
		c.release()
	})
	if err != nil {
		return nil, wire.Status(fmt.Errorf("release: %w", err))
	}
	return &pluginv1.ReleaseCaseResponse{Checks: protoChecks(found.checks), Metrics: found.metrics}, nil
}

// check is what the phases and the configuration find after timing.
func (c *prepared) check(ctx context.Context) (verified, error) {
	found := verified{metrics: map[string]float64{}}
	for _, t := range c.order {
		if err := t.after(ctx, &found); err != nil {
			return found, err
		}
	}
	err := known("Verify", "metric", found.metrics, c.names.metrics)
	if c.Check == nil || err != nil {
		return found, err
	}
	checks, metrics, err := c.Check(ctx)
	if err != nil {
		return found, err
	}
	found.checks = append(found.checks, checks...)
	maps.Copy(found.metrics, metrics)
	return found, known("Check", "metric", metrics, c.names.metrics)
}

// release frees what the configuration has.
func (c *prepared) release() {
	for _, t := range c.order {
		if t.Program != nil {
			t.Program.Release()
		}
	}
	for _, f := range slices.Backward(c.cleanup) {
		f()
	}
	c.cleanup = nil
}

// Shutdown frees the configurations and the device. It gives up after a moment
// when the device is busy: the process ends anyway.
func (s *server[C]) Shutdown() {
	s.lane.tryDo(time.Second, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		for _, c := range s.prepared {
			c.release()
		}
		clear(s.prepared)
		if s.device != nil {
			if err := s.device.Close(); err != nil {
				s.log.Warn("closing the device", "error", err)
			}
		}
	})
}

// Tool implements serving.Server.
func (s *server[C]) Tool(args []string, out io.Writer) error {
	return runTool(s.plugin.Name, s.plugin.Tools, args, out)
}
