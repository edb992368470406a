package conformance

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"google.golang.org/protobuf/proto"

	"github.com/assay-bench/assay/core/process"
	"github.com/assay-bench/assay/core/proto/pluginv1"
	"github.com/assay-bench/assay/core/registry"
)

// say asks the plugin what it is: by the describe argument, and in two processes.
func (s *subject) say(ctx context.Context) {
	if !s.o.once {
		s.said, s.saidErr = registry.Describe(ctx, s.o.Path, s.o.Env)
	}
	s.first, s.startErr, s.describeErr = s.describeOnce(ctx, true)
	if s.startErr == nil && s.describeErr == nil && !s.o.once {
		s.second, _, s.describeErr = s.describeOnce(ctx, false)
	}
	if s.d = s.first; s.d == nil {
		s.d = s.said
	}
}

func (s *subject) describeOnce(ctx context.Context, first bool) (d *pluginv1.DescribeResponse, startErr, err error) {
	p, err := s.start(ctx)
	if err != nil {
		return nil, err, nil
	}
	defer s.drop(p)
	asked := time.Now()
	d, err = p.Describe(ctx, &pluginv1.DescribeRequest{})
	if first {
		s.ready, s.describeTook = p.Ready(), time.Since(asked)
		s.deviceFiles = s.openDevices(p)
	}
	return d, nil, err
}

func describeArgument(_ context.Context, s *subject) outcome {
	if s.saidErr != nil {
		return broken("%v", s.saidErr)
	}
	if err := registry.CheckName(s.o.Path, s.said); err != nil {
		return broken("%v", err)
	}
	return kept("%s %s", s.said.GetName(), s.said.GetVersion())
}

func handshake(_ context.Context, s *subject) outcome {
	if s.startErr != nil {
		var died *process.DeathError
		if errors.As(s.startErr, &died) && died.Death.Kind != process.KindExited && died.Death.Stderr != "" {
			return broken("%v; on stderr: %s", s.startErr, lastLine(died.Death.Stderr))
		}
		return broken("%v", s.startErr)
	}
	return kept("ready after %s", short(s.ready))
}

func lastLine(text string) string {
	text = strings.TrimSpace(text)
	return text[strings.LastIndexByte(text, '\n')+1:]
}

func describeAlike(_ context.Context, s *subject) outcome {
	switch {
	case s.startErr != nil:
		return s.judge("describe", &blamed{idHandshake, s.startErr.Error()})
	case s.describeErr != nil:
		return broken("%v", s.describeErr)
	case !proto.Equal(s.first, s.second):
		return broken("two processes gave different answers: %s", difference(s.first, s.second))
	case s.saidErr == nil && !proto.Equal(s.first, s.said):
		return broken("`describe` prints something else: %s", difference(s.first, s.said))
	case s.describeTook > s.o.Limits.Describe:
		return broken("Describe took %s", short(s.describeTook))
	}
	return kept("the same in two processes and from `describe`, in %s", short(s.describeTook))
}

// difference names the first field in which two descriptions differ.
func difference(a, b *pluginv1.DescribeResponse) string {
	fields := a.ProtoReflect().Descriptor().Fields()
	for i := range fields.Len() {
		f := fields.Get(i)
		x, y := proto.Clone(a), proto.Clone(b)
		for j := range fields.Len() {
			if j != i {
				x.ProtoReflect().Clear(fields.Get(j))
				y.ProtoReflect().Clear(fields.Get(j))
			}
		}
		if !proto.Equal(x, y) {
			return fmt.Sprintf("%s is %v and %v", f.Name(), a.ProtoReflect().Get(f), b.ProtoReflect().Get(f))
		}
	}
	return "unknown fields"
}

// openDevices are the device files that a process has open, where the system has
// a folder of descriptors.
func (s *subject) openDevices(p *process.Process) []string {
	var out []string
	links, _ := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", p.PID()))
	for _, link := range links {
		file, err := os.Readlink(link)
		if err != nil {
			continue
		}
		if slices.ContainsFunc(s.o.Limits.devices, func(pattern string) bool {
			ok, _ := filepath.Match(pattern, file)
			return ok
		}) {
			out = append(out, file)
		}
	}
	return out
}

func deviceFree(ctx context.Context, s *subject) outcome {
	if s.startErr != nil {
		return s.judge("device-free", &blamed{idHandshake, s.startErr.Error()})
	}
	if len(s.deviceFiles) > 0 {
		return broken("after Describe the process has %s open", strings.Join(s.deviceFiles, ", "))
	}
	if _, err := os.Stat("/proc/self/fd"); err != nil {
		return skip("this system does not say which files a process has open")
	}
	p, err := s.begin(ctx)
	if err != nil {
		return s.judge("device-free", err)
	}
	defer s.drop(p)
	if err := s.declare(ctx, p); err != nil {
		return s.judge("device-free", err)
	}
	if found := s.openDevices(p); len(found) > 0 {
		return broken("after ValidateConfig the process has %s open", strings.Join(found, ", "))
	}
	return kept("no device file is open after either")
}

func schemaSound(_ context.Context, s *subject) outcome {
	if s.d == nil {
		return skip("the plugin does not describe itself")
	}
	if err := registry.CheckSchema(s.d); err != nil {
		return broken("%v", err)
	}
	return kept("%d arguments and blocks, %d phases, %d metrics",
		len(s.d.GetConfig().GetAttributes())+len(s.d.GetConfig().GetBlocks()), len(s.d.GetPhases()), len(s.d.GetMetrics()))
}

func documented(_ context.Context, s *subject) outcome {
	if s.d == nil {
		return skip("the plugin does not describe itself")
	}
	missing := undescribed(s.d.GetConfig(), "")
	for _, p := range s.d.GetPhases() {
		if p.GetDescription() == "" {
			missing = append(missing, "phase "+p.GetName())
		}
		if p.GetUnit() == "" {
			missing = append(missing, "the unit of phase "+p.GetName())
		}
	}
	for _, m := range s.d.GetMetrics() {
		if m.GetDescription() == "" {
			missing = append(missing, "metric "+m.GetName())
		}
	}
	if strings.TrimSpace(s.d.GetMarkdown()) == "" {
		missing = append(missing, "the plugin itself (markdown)")
	}
	if len(missing) > 0 {
		return broken("not described: %s", strings.Join(missing, ", "))
	}
	return kept("everything is described")
}

// undescribed are the arguments of a block, at any depth, without a description.
// A block may say in its arguments what it is for.
func undescribed(b *pluginv1.Block, within string) []string {
	var out []string
	for _, a := range b.GetAttributes() {
		if a.GetDescription() == "" {
			out = append(out, "argument "+within+a.GetName())
		}
	}
	for _, n := range b.GetBlocks() {
		if n.GetBlock().GetDescription() == "" {
			out = append(out, "block "+within+n.GetTypeName())
		}
		out = append(out, undescribed(n.GetBlock(), within+n.GetTypeName()+".")...)
	}
	return out
}
