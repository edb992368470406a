package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

func diskFaults() []fault {
	out := []fault{
		{kind: "disk", name: "file-size", bound: complete, status: []int{statusDisk}, before: func(t *trial) (func(), error) {
			t.shell = fmt.Sprintf("ulimit -f %d", 1+t.rng.IntN(400))
			return func() {}, nil
		}},
		{kind: "disk", name: "no-folder", bound: quick, status: []int{statusDisk}, only: true, before: func(t *trial) (func(), error) {
			return func() { _ = os.Remove(t.path("results")) }, os.WriteFile(t.path("results"), nil, 0o644)
		}},
		{kind: "disk", name: "journal-deleted", bound: complete, status: []int{statusDisk}, lossy: true, during: func(t *trial, h *host) {
			t.moment(h)
			for _, j := range t.journals() {
				_ = os.Remove(j)
			}
		}},
		{kind: "disk", name: "runs-deleted", bound: complete, status: []int{statusDisk}, lossy: true, during: func(t *trial, h *host) {
			t.moment(h)
			_ = os.RemoveAll(t.path("results", "runs"))
		}},
		{kind: "disk", name: "document-is-folder", bound: complete, status: []int{statusDisk}, only: true, before: func(t *trial) (func(), error) {
			return func() { _ = os.Remove(t.path("results", "x.json")) }, os.MkdirAll(t.path("results", "x.json"), 0o755)
		}},
	}
	if !mounts() {
		return out
	}
	return append(out, fault{
		kind: "disk", name: "full", bound: complete, status: []int{statusDisk}, before: func(t *trial) (func(), error) {
			return t.mount("results", fmt.Sprintf("size=%dk", 8+4*t.rng.IntN(60)))
		},
	}, fault{
		kind: "disk", name: "fills-up", bound: complete, status: []int{statusDisk},
		before: func(t *trial) (func(), error) { return t.mount("results", "size=2m") },
		during: func(t *trial, h *host) { t.moment(h); t.fill("results") },
	}, fault{
		kind: "disk", name: "read-only", bound: complete, status: []int{statusDisk},
		before: func(t *trial) (func(), error) { return t.mount("results", "size=8m") },
		during: func(t *trial, h *host) { t.moment(h); _ = mount("remount,ro", t.path("results")) },
	}, fault{
		kind: "disk", name: "one-folder-full", bound: complete, status: []int{statusDisk}, // documents stand beside the journal's folder
		before: func(t *trial) (func(), error) { return t.mount("results/x", "size=4k") },
	})
}

func tmpFaults() []fault {
	at := func(name string, make func(*trial) error) fault {
		return fault{kind: "tmp", name: name, bound: complete, status: []int{statusUsage, statusDied, statusDisk}, before: func(t *trial) (func(), error) {
			return func() {}, make(t)
		}}
	}
	out := []fault{
		at("missing", func(t *trial) error { return os.RemoveAll(t.path("tmp")) }),
		at("file", func(t *trial) error {
			return errors.Join(os.RemoveAll(t.path("tmp")), os.WriteFile(t.path("tmp"), nil, 0o644))
		}),
		at("long", func(t *trial) error {
			t.tmp = t.path("tmp", "a-folder-whose-name-is-longer-than-the-address-of-a-socket-may-be", "and-another-one-that-is-as-long-as-the-first-one-was")
			return os.MkdirAll(t.tmp, 0o755)
		}),
	}
	if !mounts() {
		return out
	}
	return append(out, fault{
		kind: "tmp", name: "full", bound: complete, status: []int{statusUsage, statusDied, statusDisk},
		before: func(t *trial) (func(), error) {
			undo, err := t.mount("tmp", "size=64k,nr_inodes=20")
			t.fill("tmp")
			return undo, err
		},
		after: func(t *trial) { _ = os.Remove(t.path("tmp", ballast)) },
	}, fault{
		kind: "tmp", name: "fills-up", bound: complete, status: []int{statusUsage, statusDied, statusDisk},
		before: func(t *trial) (func(), error) { return t.mount("tmp", "size=64k,nr_inodes=20") },
		during: func(t *trial, h *host) { t.moment(h); t.fill("tmp") },
		after:  func(t *trial) { _ = os.Remove(t.path("tmp", ballast)) },
	})
}

// pairFaults are two sessions in one folder.
func pairFaults() []fault {
	pair := func(name string, during func(*trial, *host)) fault {
		return fault{kind: "pair", name: name, bound: complete, anyStatus: true, during: func(t *trial, first *host) {
			time.Sleep(time.Duration(t.rng.IntN(700)) * time.Millisecond)
			second := t.start("", "run", "x.hcl")
			during(t, first)
			select {
			case <-second.ended:
				t.hold(second, []int{0, 1, 3})
			case <-time.After(complete + patience):
				t.bad("hangs", "the second session still runs")
				second.kill()
				<-second.ended
			}
		}}
	}
	return []fault{
		pair("both", func(*trial, *host) {}),
		pair("first-killed", func(t *trial, first *host) { t.moment(first); first.kill() }),
		pair("first-interrupted", func(t *trial, first *host) { t.moment(first); first.signal(syscall.SIGINT) }),
		pair("first-stopped", func(t *trial, first *host) {
			t.moment(first)
			first.signal(syscall.SIGSTOP)
			time.Sleep(time.Second)
			first.signal(syscall.SIGCONT)
		}),
	}
}

// ballast fills a file system.
const ballast = "ballast"

func (t *trial) fill(folder string) {
	f, err := os.Create(t.path(folder, ballast))
	if err != nil {
		return
	}
	defer f.Close()
	for size := 1 << 16; size > 0; size /= 2 {
		for block := make([]byte, size); ; {
			if n, err := f.Write(block); err != nil || n < size {
				break
			}
		}
	}
}

// mount puts a small file system of its own at a folder of the trial. To undo it is
// to make room: what was written stays for the audit.
func (t *trial) mount(folder, options string) (undo func(), err error) {
	path := t.path(folder)
	if err := os.MkdirAll(path, 0o755); err != nil {
		return nil, err
	}
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", options, "chaos", path).CombinedOutput(); err != nil {
		return nil, fmt.Errorf("mount: %w: %s", err, out)
	}
	t.mounted = append(t.mounted, path)
	return func() {
		_ = os.Remove(filepath.Join(path, ballast))
		_ = mount("remount,rw,size=64m,nr_inodes=10k", path)
	}, nil
}

func mount(options, path string) error { return exec.Command("mount", "-o", options, path).Run() }

// unmount is the trial's end.
func (t *trial) unmount() {
	for _, path := range t.mounted {
		_ = exec.Command("umount", "-l", path).Run()
	}
}

// mounts says whether this user may mount.
func mounts() bool {
	dir, err := os.MkdirTemp("", "chaos-mount")
	if err != nil || os.Geteuid() != 0 {
		return false
	}
	defer os.Remove(dir)
	if exec.Command("mount", "-t", "tmpfs", "-o", "size=4k", "chaos", dir).Run() != nil {
		return false
	}
	return exec.Command("umount", dir).Run() == nil
}
