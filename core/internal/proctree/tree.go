package proctree

import (
	"os"
	"os/exec"
	"slices"
	"sync"
	"syscall"
	"time"
)

// Tree is a running program with all that it has started.
type Tree struct {
	cmd   *exec.Cmd
	id    string // the innermost part of the mark
	root  int
	since uint64 // when the root began; members are no older
	group *cgroup

	mu     sync.Mutex
	reaped bool // the root's number may be another process's by now
}

// live are the trees whose end nobody has waited for, by root.
var live = struct {
	sync.Mutex
	trees map[int]*Tree
	next  int
}{trees: map[int]*Tree{}}

// Start starts cmd, which has not been started and has no context of its own, in
// a process group of its own. [Tree.Wait] must follow.
func Start(cmd *exec.Cmd) (*Tree, error) {
	adopt()
	live.Lock()
	live.next++
	t := &Tree{id: newID(live.next)}
	live.Unlock()
	if cmd.Env == nil {
		cmd.Env = os.Environ()
	}
	cmd.Env = append(cmd.Env[:len(cmd.Env):len(cmd.Env)], EnvMark+"="+nested(os.Getenv(EnvMark), t.id))
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Setpgid = true
	t.cmd, t.group = cmd, newCgroup(t.id)
	live.Lock() // until the root is known: it is no process that somebody left behind
	defer live.Unlock()
	if err := t.start(); err != nil {
		t.group.remove()
		return nil, err
	}
	t.root = t.cmd.Process.Pid
	if p, ok := look(t.root); ok {
		t.since = p.start
	}
	live.trees[t.root] = t
	return t, nil
}

// start starts the root in its cgroup. Where the system refuses that, although it
// let the cgroup be made, it starts the root without.
func (t *Tree) start() error {
	if t.group == nil {
		return t.cmd.Start()
	}
	c := t.cmd
	plain, inside := *c.SysProcAttr, *c.SysProcAttr
	t.group.enter(&inside)
	c.SysProcAttr = &inside
	err := c.Start()
	if err == nil {
		t.group.entered()
		return nil
	}
	again := &exec.Cmd{
		Path: c.Path, Args: c.Args, Env: c.Env, Dir: c.Dir, Err: c.Err, Stdin: c.Stdin, Stdout: c.Stdout, Stderr: c.Stderr,
		ExtraFiles: c.ExtraFiles, WaitDelay: c.WaitDelay, SysProcAttr: &plain,
	}
	if again.Start() != nil {
		return err
	}
	t.group.remove()
	t.cmd, t.group = again, nil
	return nil
}

// PID is that of the root.
func (t *Tree) PID() int { return t.root }

// State is how the root ended, once Wait has returned.
func (t *Tree) State() *os.ProcessState { return t.cmd.ProcessState }

// Signal reaches the root's process group, as a request to end in order does.
func (t *Tree) Signal(s syscall.Signal) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.reaped {
		_ = syscall.Kill(-t.root, s)
	}
}

// Kill kills the root with its process group and its cgroup, and does not wait.
// Wait or Sweep find the rest.
func (t *Tree) Kill() {
	t.Signal(syscall.SIGKILL)
	t.group.kill()
}

// Wait waits for the root, then ends what it has left. The error is the root's.
func (t *Tree) Wait() error {
	err := t.cmd.Wait()
	t.Kill() // its group may have members, so that its number is no other's yet
	t.mu.Lock()
	t.reaped = true
	t.mu.Unlock()
	t.Sweep()
	t.group.remove()
	live.Lock()
	delete(live.trees, t.root)
	live.Unlock()
	return err
}

// sweepLimit bounds a search for processes that do not end: only the kernel could
// keep them.
const sweepLimit = 2 * time.Second

// Sweep kills all of the tree that is to be found, the root too. It returns when
// nothing is left or the kernel keeps it.
func (t *Tree) Sweep() {
	t.group.kill()
	end := time.Now().Add(sweepLimit)
	for pause := time.Millisecond; ; pause = min(2*pause, 50*time.Millisecond) {
		known := t.halt()
		for pid := range known {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
		reap()
		if len(known) == 0 || time.Now().After(end) {
			return
		}
		time.Sleep(pause)
	}
}

// halt stops every member and says which there are. What is stopped starts
// nothing, and its children still have it for their parent.
func (t *Tree) halt() map[int]bool {
	known := map[int]bool{}
	for range 100 { // a tree that outruns this is looked at again
		fresh := t.members(known)
		if len(fresh) == 0 {
			break
		}
		for _, pid := range fresh {
			known[pid] = true
			_ = syscall.Kill(pid, syscall.SIGSTOP)
		}
	}
	return known
}

// members are the processes of the tree that are not known yet.
func (t *Tree) members(known map[int]bool) (fresh []int) {
	t.mu.Lock()
	reaped := t.reaped
	t.mu.Unlock()
	// Listed before live is looked at, so that a root which starts meanwhile is known
	// where it is listed.
	all := snapshot(t.since)
	live.Lock()
	alone := len(live.trees) == 1
	started := map[int]bool{}
	for pid := range live.trees {
		started[pid] = true
	}
	live.Unlock()
	self, ours := os.Getpid(), syscall.Getpgrp()
	in := map[int]bool{}
	for pid := range known {
		in[pid] = true
	}
	if !reaped {
		in[t.root] = true
	}
	listed := make([]bool, len(all))
	for found := true; found; {
		found = false
		for i, p := range all {
			switch {
			case p.pid == self || p.start < t.since || started[p.pid] && p.pid != t.root:
			case known[p.pid] || listed[i]:
			case in[p.pid], in[p.parent], p.group == t.root, p.session == t.root,
				adopting && alone && p.parent == self && p.group != ours,
				within(markOf(p.pid), t.id):
				in[p.pid], listed[i], found = true, true, true
				if !p.zombie { // one may still be the parent of others
					fresh = append(fresh, p.pid)
				}
			}
		}
	}
	return fresh
}

// snapshot lists the processes until the list fits together: processes are read
// one after another, and the parent that one names may have ended by the time that
// the parent is read. Only those that are no older than since are wanted.
func snapshot(since uint64) (all []proc) {
	for pause := 250 * time.Microsecond; pause < 100*time.Millisecond; pause *= 2 {
		all = list()
		there := make(map[int]bool, len(all))
		for _, p := range all {
			there[p.pid] = !p.zombie
		}
		if !slices.ContainsFunc(all, func(p proc) bool { return p.start >= since && p.parent > 1 && !there[p.parent] }) {
			break
		}
		time.Sleep(pause) // one that ends has children until its last thread has ended
	}
	return all
}

// reap frees the numbers of adopted processes that have ended. The host's own
// children are waited for by those who started them: they have a tree, or are in
// the host's process group.
func reap() {
	if !adopting {
		return
	}
	live.Lock()
	defer live.Unlock()
	self, ours := os.Getpid(), syscall.Getpgrp()
	for _, p := range list() {
		if p.zombie && p.parent == self && p.group != ours && live.trees[p.pid] == nil {
			var s syscall.WaitStatus
			_, _ = syscall.Wait4(p.pid, &s, syscall.WNOHANG, nil)
		}
	}
}

// KillAll kills every tree of this process, for a host that ends at once.
func KillAll() {
	live.Lock()
	trees := make([]*Tree, 0, len(live.trees))
	for _, t := range live.trees {
		trees = append(trees, t)
	}
	live.Unlock()
	for _, t := range trees {
		t.Kill()
	}
	for _, t := range trees {
		t.Sweep()
	}
}
