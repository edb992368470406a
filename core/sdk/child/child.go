package child

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"
)

const (
	// drainLimit is how long output may still arrive once the program is gone: a
	// process that left the group can hold the pipes open for ever.
	drainLimit = 500 * time.Millisecond
	// killLimit is how long the kernel gets to end a killed process.
	killLimit = 5 * time.Second
	// tailBytes of output are kept for messages.
	tailBytes = 16 << 10
)

// Spec says what to start.
type Spec struct {
	Argv   []string
	Dir    string    // working folder; empty: the plugin's own
	Env    []string  // the whole environment; nil: Environ(nil)
	Stdin  *os.File  // nil: empty
	Stdout io.Writer // gets all of it, beside Tail; nil: nobody does. It must not block
	Stderr io.Writer // as Stdout
}

// Exit says how a program ended.
type Exit struct {
	State *os.ProcessState // with its CPU time and memory, and those of its descendants that it waited for
	Wall  time.Duration    // from before the start to the end of the program itself
}

// Child is a running program with its process group.
type Child struct {
	cmd   *exec.Cmd
	group *group
	tail  tail
	done  chan struct{}
	exit  Exit
}

// Start finds and starts a program. Its standard input is empty unless given.
// When the program itself ends, the rest of its group is ended too: it must
// stay in the foreground.
func Start(s Spec) (*Child, error) {
	if s.Env == nil {
		s.Env = Environ(nil)
	}
	path, err := lookup(s.Argv, s.Dir, s.Env)
	if err != nil {
		return nil, err
	}
	g, err := newGroup()
	if err != nil {
		return nil, err
	}
	c := &Child{group: g, done: make(chan struct{})}
	c.cmd = &exec.Cmd{Path: path, Args: s.Argv, Dir: s.Dir, Env: s.Env, SysProcAttr: &syscall.SysProcAttr{Setpgid: true, Pgid: g.id}}
	if s.Stdin != nil {
		c.cmd.Stdin = s.Stdin
	}
	if err := c.start(s); err != nil {
		g.kill()
		g.wait()
		return nil, fmt.Errorf("%s: %w", s.Argv[0], err)
	}
	return c, nil
}

func (c *Child) start(s Spec) error {
	stdout, childOut, err := os.Pipe()
	if err != nil {
		return err
	}
	stderr, childErr, err := os.Pipe()
	if err != nil {
		return errors.Join(err, stdout.Close(), childOut.Close())
	}
	c.cmd.Stdout, c.cmd.Stderr = childOut, childErr
	begin := time.Now()
	err = c.cmd.Start()
	_ = childOut.Close()
	_ = childErr.Close()
	if err != nil {
		_ = stdout.Close()
		_ = stderr.Close()
		return err
	}
	var readers sync.WaitGroup
	readers.Go(func() { c.read(stdout, s.Stdout) })
	readers.Go(func() { c.read(stderr, s.Stderr) })
	go func() {
		_ = c.cmd.Wait() // the state says more than the error
		c.exit = Exit{State: c.cmd.ProcessState, Wall: time.Since(begin)}
		c.group.kill()
		limit := time.Now().Add(drainLimit)
		_ = stdout.SetReadDeadline(limit)
		_ = stderr.SetReadDeadline(limit)
		readers.Wait()
		c.group.wait()
		close(c.done)
	}()
	return nil
}

// read reads to the end whatever a writer says: a program that prints must not block.
func (c *Child) read(from *os.File, to io.Writer) {
	defer from.Close()
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		c.tail.add(buffer[:n])
		if to != nil && n > 0 {
			if _, err := to.Write(buffer[:n]); err != nil {
				to = nil
			}
		}
		if err != nil {
			return
		}
	}
}

// PID of the program itself.
func (c *Child) PID() int { return c.cmd.Process.Pid }

// Done is closed when the program has ended and its output has been read.
func (c *Child) Done() <-chan struct{} { return c.done }

// Exit is known once Done is closed.
func (c *Child) Exit() Exit { return c.exit }

// Tail is the last of standard output and error as they arrived, 16 KiB at
// most. It is foreign text: control characters are in it as they came.
func (c *Child) Tail() string { return c.tail.String() }

// Stop asks the group to end (SIGTERM), and after grace ends it (SIGKILL). It
// fails only if the kernel does not end it. It may be called at any time, again too.
func (c *Child) Stop(grace time.Duration) error {
	if grace > 0 && c.group.signal(syscall.SIGTERM) {
		select {
		case <-c.done:
			return nil
		case <-time.After(grace):
		}
	}
	c.group.kill()
	select {
	case <-c.done:
		return nil
	case <-time.After(killLimit):
		return fmt.Errorf("process %d does not end: it is stuck in the kernel", c.PID())
	}
}
