package process

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/hashicorp/go-plugin/runner"

	"github.com/assay-bench/assay/core/internal/crash"
	"github.com/assay-bench/assay/core/internal/proctree"
	"github.com/assay-bench/assay/core/sdk/wire"
)

// drainLimit is how long output may still arrive once the process is gone: the
// kernel may keep a process that holds the pipes.
const drainLimit = 500 * time.Millisecond

// child is the process as go-plugin sees it, and the reason why this package
// gives go-plugin a runner at all: a tree that ends as a whole, no stdin, an allow-list
// environment, a lifeline, and output that is read whatever it looks like.
type child struct {
	opts       *Options
	out        *output
	env        []string
	verified   <-chan opened // the digest check, which runs beside go-plugin's making of a key
	program    *Program      // once it was started
	socketDir  string
	withoutTLS func()

	tree     *proctree.Tree
	lifeline *os.File // the plugin ends when this closes

	mu      sync.Mutex
	id      int  // process id, 0 before it runs
	killed  bool // a signal is due, even if it does not run yet
	refused bool // by go-plugin
	plain   bool // the handshake has no certificate

	handshake       *io.PipeReader // the first line of stdout, then end of file
	handshakeWriter *io.PipeWriter

	ended  chan struct{} // closed once the process and its tree have ended
	exited chan struct{} // closed once state is set and output is drained
	state  *os.ProcessState
}

var _ runner.Runner = (*child)(nil)

func newChild(opts *Options, out *output, pluginEnv []string) *child {
	base := opts.Env
	if base == nil {
		base = AllowedEnv(os.Environ())
	}
	env := append([]string(nil), base...)
	env = append(env, pluginEnv...)
	env = append(env, envTraceback+"=all",
		wire.EnvLifeline+"=3", wire.EnvLogLevel+"="+out.asked.String())
	c := &child{opts: opts, out: out, env: env, ended: make(chan struct{}), exited: make(chan struct{})}
	c.handshake, c.handshakeWriter = io.Pipe()
	return c
}

// Start implements runner.Runner.
func (c *child) Start(context.Context) error {
	found := <-c.verified
	if found.err != nil {
		return found.err
	}
	c.program = found.program
	stdout, childOut, err := os.Pipe()
	if err != nil {
		return err
	}
	stderr, childErr, err := os.Pipe()
	if err != nil {
		return err
	}
	childLife, lifeline, err := os.Pipe()
	if err != nil {
		return err
	}
	c.lifeline = lifeline
	cmd := c.program.Command(c.socketDir, c.opts.Args...)
	cmd.Env = c.env
	cmd.Stdout, cmd.Stderr = childOut, childErr
	cmd.ExtraFiles = []*os.File{childLife} // descriptor 3
	if c.opts.Lock != nil {
		cmd.ExtraFiles = append(cmd.ExtraFiles, c.opts.Lock)
	}
	tree, err := proctree.Start(cmd)
	for _, f := range []*os.File{childOut, childErr, childLife} {
		_ = f.Close()
	}
	if err != nil {
		for _, f := range []*os.File{stdout, stderr, lifeline} {
			_ = f.Close()
		}
		return NotStarted(c.opts.Path, err)
	}
	c.mu.Lock()
	c.tree, c.id = tree, tree.PID()
	if c.killed {
		tree.Kill()
	}
	c.mu.Unlock()
	drained := make(chan struct{}, 2)
	crash.Go(func() { c.readStdout(stdout); drained <- struct{}{} })
	crash.Go(func() { c.out.read(stderr, true); drained <- struct{}{} })
	crash.Go(func() { c.reap(stdout, stderr, drained) })
	return nil
}

// reap waits for the process, ends what it left, and lets the last output
// arrive.
func (c *child) reap(stdout, stderr *os.File, drained <-chan struct{}) {
	_ = c.tree.Wait() // the state says more than the error
	close(c.ended)
	limit := time.Now().Add(drainLimit)
	_ = stdout.SetReadDeadline(limit)
	_ = stderr.SetReadDeadline(limit)
	<-drained
	<-drained
	_ = stdout.Close()
	_ = stderr.Close()
	_ = c.lifeline.Close()
	c.state = c.tree.State()
	close(c.exited)
}

// readStdout hands the first line to go-plugin and reads the rest away: a
// plugin that prints must not block.
func (c *child) readStdout(stdout io.Reader) {
	r := bufio.NewReaderSize(stdout, lineBuffer)
	line, err := r.ReadSlice('\n')
	if err == nil || len(line) > 0 {
		fields := strings.Split(strings.TrimSpace(string(line)), "|")
		c.mu.Lock()
		c.plain = len(fields) < 6 || fields[5] == ""
		c.mu.Unlock()
		_, _ = c.handshakeWriter.Write(line)
	} else {
		// go-plugin kills what says nothing. A program that is about to end may close
		// its stdout first, and how it ends says why it did not start.
		select {
		case <-c.ended:
		case <-time.After(waitForDeath):
		}
	}
	_ = c.handshakeWriter.Close()
	c.out.read(r, false)
}

// kill kills the process; reap ends the rest of its tree.
func (c *child) kill() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.killed = true
	if c.tree != nil {
		c.tree.Kill()
	}
}

func (c *child) hasExited() bool {
	select {
	case <-c.exited:
		return true
	default:
		return false
	}
}

// waitExit reports whether the process ended within limit.
func (c *child) waitExit(limit time.Duration) bool {
	select {
	case <-c.exited:
		return true
	case <-time.After(limit):
		return false
	}
}

func (c *child) pid() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.id
}

// Wait implements runner.AttachedRunner.
func (c *child) Wait(context.Context) error {
	<-c.exited
	if c.state != nil && !c.state.Success() {
		return errors.New(c.state.String())
	}
	return nil
}

// Kill implements runner.AttachedRunner. go-plugin calls it when it does not
// understand the handshake, and when Shutdown did not help.
func (c *child) Kill(context.Context) error {
	c.mu.Lock()
	c.refused = true
	c.mu.Unlock()
	c.kill()
	return nil
}

// wasRefused: go-plugin killed it, it did not end by itself.
func (c *child) wasRefused() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.refused && exitSignal(c.state) == syscall.SIGKILL
}

// Stdout implements runner.Runner: one line, then end of file.
func (c *child) Stdout() io.ReadCloser { return c.handshake }

// Stderr implements runner.Runner. go-plugin gets nothing: this package reads
// stderr itself. go-plugin v1.8.0 asserts that "@message" is a string, so one
// JSON line of a plugin could panic the host.
func (c *child) Stderr() io.ReadCloser { return io.NopCloser(strings.NewReader("")) }

// Name implements runner.Runner.
func (c *child) Name() string { return c.opts.Path }

// ID implements runner.AttachedRunner.
func (c *child) ID() string { return strconv.Itoa(c.pid()) }

// Diagnose implements runner.Runner.
func (c *child) Diagnose(context.Context) string { return "" }

// PluginToHost implements runner.AddrTranslator. Anything but a Unix socket is
// refused: every user of the machine could connect to a port.
func (c *child) PluginToHost(network, addr string) (string, string, error) {
	if network != "unix" {
		return "", "", fmt.Errorf("plugin %s listens on %s %s; only a unix socket is accepted", c.opts.name(), network, addr)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.plain {
		return network, addr, nil
	}
	addr = filepath.Clean(addr) // what is judged is what is connected to: "link/.." may lead elsewhere
	if !strings.HasPrefix(addr, c.socketDir+string(filepath.Separator)) {
		return "", "", fmt.Errorf("plugin %s offers neither a certificate nor a socket inside $PLUGIN_UNIX_SOCKET_DIR, but %s", c.opts.name(), addr)
	}
	c.withoutTLS()
	return network, addr, nil
}

// HostToPlugin implements runner.AddrTranslator.
func (c *child) HostToPlugin(network, addr string) (string, string, error) {
	return network, addr, nil
}
