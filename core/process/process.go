package process

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"
	"github.com/hashicorp/go-plugin"
	"github.com/hashicorp/go-plugin/runner"
	"google.golang.org/grpc"

	"github.com/assay-bench/assay/core/internal/crash"
	"github.com/assay-bench/assay/core/proto/pluginv1"
	"github.com/assay-bench/assay/core/sdk/wire"
)

// Process is one running plugin. Its RPC methods are called one at a time;
// Stop, Kill, KillFor and Death at any time.
type Process struct {
	opts   Options
	child  *child
	config *plugin.ClientConfig
	client *plugin.Client
	rpc    pluginv1.PluginClient
	dir    string   // holds the socket
	held   *os.File // keeps dir from being removed by others
	began  time.Time
	ready  time.Duration
	oom    oomCounter

	base   context.Context // of every RPC; cancelled by the stop ladder
	cancel context.CancelFunc

	mu         sync.Mutex
	cause      cause
	phase      string // RPC in flight
	intent     string
	acked      uint64
	digests    map[string]string // by handle
	stopVisit  func()            // non-nil while a visit runs
	unkillable bool

	cleanup sync.Once
}

// Start starts a plugin and connects to it. The error is a *DigestError when
// the binary is not the pinned one, a *DeathError when it died or was silent.
func Start(ctx context.Context, opts Options) (*Process, error) {
	if opts.Logger == nil {
		opts.Logger = hclog.NewNullLogger()
	}
	if opts.StartTimeout <= 0 {
		opts.StartTimeout = startLimit
	}
	if opts.LogLevel == hclog.NoLevel {
		opts.LogLevel = opts.Logger.GetLevel()
	}
	path, err := filepath.Abs(opts.Path) // a bare name must not be looked up on $PATH
	if err != nil {
		return nil, fmt.Errorf("plugin %s: %w", opts.name(), err)
	}
	opts.Path = path
	dir, held, err := socketDir()
	if err != nil {
		return nil, err
	}
	p := &Process{opts: opts, dir: dir, held: held, phase: "start", digests: map[string]string{}, oom: countOOM()}
	p.base, p.cancel = context.WithCancel(context.Background())
	out := &output{log: opts.Logger.Named(opts.name()), asked: opts.LogLevel, onGPU: func(line string) {
		p.kill(cause{kind: KindGPUFault, text: line})
	}}
	p.config = p.clientConfig(out)
	p.client = plugin.NewClient(p.config)
	p.began = time.Now()
	err = p.connect(ctx)
	if c := p.theChild(); c != nil && c.program != nil {
		defer c.program.Close() //nolint:errcheck // read only
	}
	if err != nil {
		return nil, err
	}
	p.ready = time.Since(p.began)
	if err := p.child.program.Check(); err != nil {
		p.Kill()
		return nil, err
	}
	p.setPhase("")
	return p, nil
}

func (p *Process) clientConfig(out *output) *plugin.ClientConfig {
	verified := make(chan opened, 1)
	crash.Go(func() { verified <- openVerified(p.opts.Path, p.opts.SHA256) })
	return &plugin.ClientConfig{
		HandshakeConfig:  wire.Handshake(),
		VersionedPlugins: wire.Plugins(nil),
		AllowedProtocols: []plugin.Protocol{plugin.ProtocolGRPC},
		AutoMTLS:         true,
		SkipHostEnv:      true,
		StartTimeout:     p.opts.StartTimeout + time.Second, // this package's own comes first
		Logger:           hclog.NewNullLogger(),             // what matters is in Death and in the plugin's own lines
		UnixSocketConfig: &plugin.UnixSocketConfig{TempDir: p.dir},
		GRPCDialOptions: append([]grpc.DialOption{grpc.WithDefaultCallOptions(
			grpc.MaxCallRecvMsgSize(wire.MaxMessage), grpc.MaxCallSendMsgSize(wire.MaxMessage))}, p.opts.Dial...),
		RunnerFunc: func(_ hclog.Logger, cmd *exec.Cmd, _ string) (runner.Runner, error) {
			if p.base.Err() != nil {
				return nil, p.base.Err() // given up before it ran
			}
			c := newChild(&p.opts, out, cmd.Env)
			c.verified, c.socketDir, c.withoutTLS = verified, p.dir, p.withoutTLS
			p.mu.Lock()
			p.child = c
			p.mu.Unlock()
			return c, nil
		},
	}
}

// withoutTLS is for plugins, not written in Go as a rule, that answer the
// handshake without a certificate: they are spoken to in the clear, over a
// socket that only this user can reach. It is called while go-plugin reads the
// handshake, before it dials with config.
func (p *Process) withoutTLS() { p.config.TLSConfig = nil }

// connect runs go-plugin's start, which knows no context, beside a deadline.
func (p *Process) connect(ctx context.Context) error {
	type result struct {
		rpc pluginv1.PluginClient
		err error
	}
	done := make(chan result, 1)
	crash.Go(func() {
		protocol, err := p.client.Client()
		if err != nil {
			done <- result{nil, err}
			return
		}
		raw, err := protocol.Dispense(wire.ServiceName)
		rpc, _ := raw.(pluginv1.PluginClient)
		done <- result{rpc, err}
	})
	timer := time.NewTimer(p.opts.StartTimeout)
	defer timer.Stop()
	select {
	case r := <-done:
		if r.err == nil {
			p.rpc = r.rpc
			return nil
		}
		return p.startFailure(r.err)
	case <-timer.C:
		p.kill(cause{kind: KindHang, text: fmt.Sprintf("not ready after %s, its start_timeout", p.opts.StartTimeout)})
	case <-ctx.Done():
		p.kill(cause{kind: KindNone, text: "start was cancelled"})
	}
	p.end()
	if err := ctx.Err(); err != nil {
		return err
	}
	return &DeathError{Plugin: p.opts.name(), Death: p.Death()}
}

// startFailure turns go-plugin's error into what happened.
func (p *Process) startFailure(err error) error {
	c := p.theChild()
	if c == nil || c.pid() == 0 {
		p.end() // never ran: a wrong digest, or exec refused
		var why *DeathError
		if errors.As(err, &why) {
			why.Plugin = p.opts.name()
			return why
		}
		return err
	}
	// It exited by itself, or it said something that go-plugin refused.
	if !c.waitExit(waitForDeath) || c.wasRefused() {
		text, _, _ := strings.Cut(err.Error(), "\n")
		p.kill(cause{kind: KindProtocol, text: text})
	} else if c.state.ExitCode() == 0 {
		p.setCause(cause{kind: KindProtocol, text: "exited without a handshake"})
	}
	p.end()
	return &DeathError{Plugin: p.opts.name(), Death: p.Death()}
}

// PID of the process.
func (p *Process) PID() int { return p.theChild().pid() }

// Ready is the time from the digest check to a connected plugin.
func (p *Process) Ready() time.Duration { return p.ready }

// Env is the environment the plugin got, without the handshake's certificate.
func (p *Process) Env() []string {
	if p.opts.Env != nil {
		return append([]string(nil), p.opts.Env...)
	}
	return AllowedEnv(os.Environ())
}

// Exited is closed when the process is gone.
func (p *Process) Exited() <-chan struct{} { return p.theChild().exited }

func (p *Process) theChild() *child {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.child
}

func (p *Process) setPhase(phase string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.phase = phase
}

// setCause keeps the first reason: what follows is its consequence.
func (p *Process) setCause(why cause) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cause.kind != "" || (p.child != nil && p.child.hasExited() && why.kind != KindProtocol) {
		return
	}
	why.phase = p.phase
	p.cause = why
}

func sortedKeys(m map[string]any) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}
