package child

import (
	"fmt"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"time"
)

// guard leads the process group and waits for the end of its standard input,
// which is when the plugin ends, killed or not. PR_SET_PDEATHSIG would not do:
// it knows one process, not the group, hangs on the thread that started it, and
// does not exist on macOS. As the guard leads the group, its number cannot be
// taken by another group while the guard lives.
const guard = `trap '' TERM INT HUP; echo; read _; kill -s KILL 0`

const guardLimit = 10 * time.Second

type group struct {
	id       int
	leader   *exec.Cmd
	lifeline *os.File

	mu   sync.Mutex
	dead bool // no more signals: the number may be another group's soon
}

// newGroup returns when the guard waits, so that its start does not disturb
// what is measured.
func newGroup() (*group, error) {
	g := &group{leader: exec.Command("/bin/sh", "-c", guard)}
	g.leader.Env = []string{}
	g.leader.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	stdin, lifeline, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	ready, childReady, err := os.Pipe()
	if err != nil {
		_ = stdin.Close()
		_ = lifeline.Close()
		return nil, err
	}
	defer ready.Close()
	g.leader.Stdin, g.leader.Stdout, g.lifeline = stdin, childReady, lifeline
	err = g.leader.Start()
	_ = stdin.Close()
	_ = childReady.Close()
	if err != nil {
		_ = lifeline.Close()
		return nil, fmt.Errorf("guard of a process group: %w", err)
	}
	g.id = g.leader.Process.Pid
	_ = ready.SetReadDeadline(time.Now().Add(guardLimit))
	if _, err := ready.Read(make([]byte, 1)); err != nil {
		g.kill()
		g.wait()
		return nil, fmt.Errorf("guard of a process group does not start: %w", err)
	}
	return g, nil
}

// signal reports whether there still was a group to signal.
func (g *group) signal(s syscall.Signal) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return !g.dead && syscall.Kill(-g.id, s) == nil
}

func (g *group) kill() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.dead {
		_ = syscall.Kill(-g.id, syscall.SIGKILL)
	}
}

// wait frees what a killed group has left in this process.
func (g *group) wait() {
	g.mu.Lock()
	g.dead = true
	g.mu.Unlock()
	_ = g.leader.Wait()
	_ = g.lifeline.Close()
}
