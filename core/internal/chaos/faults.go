package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"

	"github.com/assay-bench/assay/core/internal/hostile"
)

// Exit statuses that README's table has beside those of verdicts.
const (
	statusUsage = 2
	statusDied  = 4
	statusDisk  = 5
)

// allFaults lists every fault that this machine can have.
func allFaults() []fault {
	var out []fault
	for _, kind := range [][]fault{hostFaults(), pluginFaults(), hostileFaults(), diskFaults(), journalFaults(), terminalFaults(), limitFaults(), pairFaults(), tmpFaults()} {
		out = append(out, kind...)
	}
	return out
}

// interrupted is how long an interrupted session may take to its end.
const interrupted = 2 * time.Second

func hostFaults() []fault {
	out := []fault{{
		kind: "host", name: "kill", bound: time.Second, resume: true, status: []int{128 + int(syscall.SIGKILL)},
		during: func(t *trial, h *host) { t.moment(h); h.kill() },
	}, {
		kind: "host", name: "int-twice", abrupt: true, bound: interrupted, resume: true, status: []int{128 + int(syscall.SIGINT)},
		during: func(t *trial, h *host) {
			t.moment(h)
			h.signal(syscall.SIGINT)
			time.Sleep(time.Duration(t.rng.IntN(50)) * time.Millisecond)
			h.signal(syscall.SIGINT)
		},
	}, {
		kind: "host", name: "stop-cont", bound: complete, resume: true,
		during: func(t *trial, h *host) {
			t.moment(h)
			h.signal(syscall.SIGSTOP)
			time.Sleep(time.Duration(100+t.rng.IntN(2400)) * time.Millisecond)
			h.signal(syscall.SIGCONT)
		},
	}, {
		kind: "host", name: "stop-term", bound: interrupted, resume: true, status: []int{128 + int(syscall.SIGTERM)},
		during: func(t *trial, h *host) {
			t.moment(h)
			h.signal(syscall.SIGSTOP)
			h.signal(syscall.SIGTERM)
			time.Sleep(time.Duration(t.rng.IntN(1000)) * time.Millisecond)
			h.signal(syscall.SIGCONT)
		},
	}}
	for name, s := range map[string]syscall.Signal{"int": syscall.SIGINT, "term": syscall.SIGTERM, "hup": syscall.SIGHUP} {
		out = append(out, fault{
			kind: "host", name: name, bound: interrupted, resume: true, status: []int{128 + int(s)},
			during: func(t *trial, h *host) { t.moment(h); h.signal(s) },
		})
	}
	return out
}

// pluginFaults come from outside the plugin.
func pluginFaults() []fault {
	var out []fault
	for name, s := range map[string]syscall.Signal{
		"kill": syscall.SIGKILL, "stop": syscall.SIGSTOP, "segv": syscall.SIGSEGV, "term": syscall.SIGTERM,
		"int": syscall.SIGINT, "quit": syscall.SIGQUIT, "pipe": syscall.SIGPIPE,
	} {
		out = append(out, fault{
			kind: "plugin", name: name, bound: complete, status: []int{statusDied},
			during: func(t *trial, h *host) {
				t.moment(h)
				for _, pid := range t.pluginPIDs() {
					_ = syscall.Kill(pid, s)
				}
			},
		})
	}
	return append(out, fault{
		kind: "plugin", name: "stop-cont", bound: complete,
		during: func(t *trial, h *host) {
			t.moment(h)
			pids := t.pluginPIDs()
			for _, pid := range pids {
				_ = syscall.Kill(pid, syscall.SIGSTOP)
			}
			time.Sleep(300 * time.Millisecond)
			for _, pid := range pids {
				_ = syscall.Kill(pid, syscall.SIGCONT)
			}
		},
	}, fault{
		kind: "plugin", name: "replaced", bound: complete, status: []int{statusDied},
		before: ownPlugin,
		during: func(t *trial, h *host) {
			t.moment(h)
			other := t.path("plugins", "new")
			if err := os.WriteFile(other, []byte("#!/bin/sh\nsleep 100\n"), 0o755); err == nil {
				_ = os.Rename(other, t.binary())
			}
		},
	}, fault{
		kind: "plugin", name: "deleted", bound: complete, status: []int{statusDied},
		before: ownPlugin,
		during: func(t *trial, h *host) { t.moment(h); _ = os.Remove(t.binary()) },
		after:  func(t *trial) { _ = os.Link(filepath.Join(t.original, "assay-plugin-hostile"), t.binary()) },
	})
}

func (t *trial) binary() string { return filepath.Join(t.plugins, "assay-plugin-hostile") }

// ownPlugin gives the trial a folder of plugins that it may spoil.
func ownPlugin(t *trial) (func(), error) {
	t.original, t.plugins = t.plugins, t.path("plugins")
	if err := os.Mkdir(t.plugins, 0o755); err != nil {
		return nil, err
	}
	return func() {}, os.Link(filepath.Join(t.original, "assay-plugin-hostile"), t.binary())
}

// hostileFaults are the plugin's own modes.
func hostileFaults() []fault {
	out := make([]fault, 0, len(hostile.Modes))
	for _, m := range hostile.Modes {
		f := fault{kind: "hostile", name: m.Name, mode: m, bound: complete}
		if m.Name == "start-hang" {
			f.bound += complete // that of a plugin which only looks at configurations
		}
		switch m.Effect {
		case hostile.Ended:
			f.status, f.only = []int{statusDied}, true
		case hostile.Refused:
			f.status, f.only = []int{statusUsage, statusDied}, true
		case hostile.Doubted:
			f.status = []int{3, statusDied}
		}
		out = append(out, f)
	}
	return out
}

func terminalFaults() []fault {
	full := func(_ *trial, c *exec.Cmd) (func(), error) {
		f, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
		c.Stdout = f
		return func() { _ = f.Close() }, err
	}
	return []fault{
		{kind: "terminal", name: "stdout-full", bound: complete, status: []int{statusDisk}, only: true, streams: full},
		{kind: "terminal", name: "closed", bound: complete, status: []int{statusDisk}, shell: "exec <&- >&- 2>&-"},
		{kind: "terminal", name: "reader-gone", bound: complete, status: []int{statusDisk, 128 + int(syscall.SIGPIPE)}, streams: readerGone, resume: true},
		{kind: "terminal", name: "nohup", bound: complete, shell: "trap '' HUP", during: func(t *trial, h *host) { t.moment(h); h.signal(syscall.SIGHUP) }},
		{kind: "terminal", name: "gone", bound: interrupted, status: []int{statusDisk, 128 + int(syscall.SIGHUP)}, streams: onTerminal, resume: true, during: func(t *trial, h *host) {
			t.moment(h)
			_ = t.terminal.Close()
			h.signal(syscall.SIGHUP)
		}},
		{kind: "terminal", name: "gone-silently", bound: complete, status: []int{statusDisk, 128 + int(syscall.SIGHUP)}, streams: onTerminal, resume: true, during: func(t *trial, h *host) {
			t.moment(h)
			_ = t.terminal.Close()
		}},
	}
}

// readerGone lets stdout be read for a while.
func readerGone(t *trial, c *exec.Cmd) (func(), error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	c.Stdout = w
	after := time.Duration(t.rng.IntN(2000)) * time.Millisecond
	go func() {
		time.Sleep(after)
		_ = r.Close()
	}()
	return func() { _ = w.Close() }, nil
}

// limitFaults are of the system. A runtime that gets no memory, or no processor,
// ends as it can: only what it leaves is held.
func limitFaults() []fault {
	limit := func(name, flag string, least, most int) fault {
		f := fault{kind: "limits", name: name, bound: complete, anyStatus: true, resume: true}
		f.before = func(t *trial) (func(), error) {
			t.shell = fmt.Sprintf("ulimit -%s %d", flag, least+t.rng.IntN(most-least))
			return func() {}, nil
		}
		return f
	}
	return []fault{
		limit("descriptors", "n", 6, 60), limit("memory", "v", 100_000, 2_000_000), limit("processor", "t", 1, 2),
		limit("processes", "u", 1, 200), limit("stack", "s", 16, 1000), limit("core", "c", 0, 1),
	}
}
