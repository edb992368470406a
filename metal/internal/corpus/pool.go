package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"github.com/assay-bench/assay/metal"
)

// pool hands requests to worker processes.
type pool struct {
	o        options
	progress io.Writer
}

// unit is a root with what the reader said of it.
type unit struct {
	root
	functions []function
	written   []function // as its text and that of its includes has them
	err       string
}

// process is a worker, started when it is first asked.
type process struct {
	p      *pool
	cmd    *exec.Cmd
	stdin  io.WriteCloser
	stdout io.ReadCloser
}

func (w *process) start() error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	w.cmd = exec.Command(self, "-worker")
	w.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // stop ends its compilers too
	w.cmd.Stderr = os.Stderr
	w.cmd.Env = append(os.Environ(), workerVariable+"=1")
	if w.stdin, err = w.cmd.StdinPipe(); err != nil {
		return err
	}
	if w.stdout, err = w.cmd.StdoutPipe(); err != nil {
		return err
	}
	return w.cmd.Start()
}

// workerVariable is set in workers, so that a test's binary knows that it is one.
const workerVariable = "ASSAY_CORPUS_WORKER"

func (w *process) stop() {
	if w.cmd != nil {
		w.stdin.Close()
		_ = syscall.Kill(-w.cmd.Process.Pid, syscall.SIGKILL)
		_ = w.cmd.Wait()
		w.cmd = nil
	}
}

const crashed = "the reader or a compiler crashed"

// ask sends a request and waits for the answer. A worker that dies or
// takes longer than the limit is that request's failure.
func (w *process) ask(ctx context.Context, r request) (answer, error) {
	if w.cmd == nil {
		if err := w.start(); err != nil {
			return answer{}, err
		}
	}
	said := make(chan answer, 1)
	go func() {
		var a answer
		err := json.NewEncoder(w.stdin).Encode(r)
		if err == nil {
			err = json.NewDecoder(w.stdout).Decode(&a)
		}
		if err != nil {
			a.Error = crashed
		}
		said <- a
	}()
	timer := time.NewTimer(w.p.o.limit)
	defer timer.Stop()
	select {
	case a := <-said:
		if a.Error == crashed {
			w.stop()
		}
		return a, nil
	case <-timer.C:
		w.stop()
		return answer{Error: fmt.Sprintf("compiling took longer than %v", w.p.o.limit)}, nil
	case <-ctx.Done():
		w.stop()
		return answer{}, context.Cause(ctx)
	}
}

// each runs jobs 0 to n-1, in order as far as they begin, on all workers.
func (p *pool) each(ctx context.Context, what string, n int, job func(w *process, i int) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	next := make(chan int)
	var wait sync.WaitGroup
	var mu sync.Mutex
	done := 0
	for range max(1, min(p.o.workers, n)) {
		wait.Go(func() {
			w := &process{p: p}
			defer w.stop()
			for i := range next {
				if err := job(w, i); err != nil {
					cancel(err)
					continue
				}
				mu.Lock()
				done++
				fmt.Fprintf(p.progress, "\r\x1b[K%s %d of %d", what, done, n)
				mu.Unlock()
			}
		})
	}
	for i := 0; i < n && ctx.Err() == nil; i++ {
		select {
		case next <- i:
		case <-ctx.Done():
		}
	}
	close(next)
	wait.Wait()
	fmt.Fprint(p.progress, "\r\x1b[K")
	if err := context.Cause(ctx); err != nil {
		return fmt.Errorf("stopped after %s %d of %d: %w", what, done, n, err)
	}
	return nil
}

// read has every root read.
func (p *pool) read(ctx context.Context, rs []root) ([]unit, error) {
	units := make([]unit, len(rs))
	err := p.each(ctx, "read", len(rs), func(w *process, i int) error {
		a, err := w.ask(ctx, request{Root: rs[i], All: p.o.all})
		if err != nil {
			return err
		}
		units[i] = unit{root: rs[i], functions: a.Functions, written: written(append([]string{rs[i].Path}, rs[i].Reached...)), err: a.Error}
		return nil
	})
	return units, err
}

// compile compiles each function of the units once, wherever else it also stands.
func (p *pool) compile(ctx context.Context, units []unit) ([]function, map[metal.Kind]string, error) {
	functions, from := distinct(units)
	missing := map[metal.Kind]string{}
	if !p.o.cuda {
		missing[metal.CUDA] = "not asked for"
	}
	var mu sync.Mutex
	err := p.each(ctx, "compiled", len(functions), func(w *process, i int) error {
		f := &functions[i]
		for _, k := range f.Kernels {
			for _, device := range []metal.Kind{metal.Sim, metal.CUDA} {
				if device == metal.CUDA && !p.o.cuda {
					continue
				}
				a, err := w.ask(ctx, request{Root: from[i], Device: device, Kernel: k})
				if err != nil {
					return err
				}
				mu.Lock()
				if a.Missing != "" {
					missing[device] = a.Missing
				}
				f.add(device, a)
				mu.Unlock()
			}
		}
		return nil
	})
	return functions, missing, err
}

// add keeps the first failure of each kind.
func (f *function) add(device metal.Kind, a answer) {
	to := &f.Sim
	if device == metal.CUDA {
		to = &f.CUDA
	}
	if *to == "" {
		*to = a.Error
	}
	if a.Refused && f.Read == "" {
		f.Read = a.Error
	}
}

// distinct lists the functions of all units, each once in a project: from the first
// root that has it. Those of a root that is not read are found in its text.
func distinct(units []unit) (functions []function, from []root) {
	seen := map[[3]string]bool{} // with the file, and with "" for any
	add := func(u unit, f function) {
		name, file := unqualified(f.Name), filepath.Base(f.File)
		if seen[[3]string{u.Project, name, file}] {
			return
		}
		seen[[3]string{u.Project, name, file}], seen[[3]string{u.Project, name, ""}] = true, true
		f.Project, f.Root = u.Project, u.File
		functions, from = append(functions, f), append(from, u.root)
	}
	for _, u := range units {
		for _, f := range u.functions {
			add(u, f)
		}
	}
	for _, u := range units {
		for _, f := range u.written {
			if u.err != "" && (f.File == u.Path || !seen[[3]string{u.Project, f.Name, ""}]) {
				f.Read, f.Sim, f.CUDA = u.err, u.err, u.err
				add(u, f)
			}
		}
	}
	return functions, from
}

// idle counts the kernel templates of the units that are nowhere instantiated.
func idle(units []unit, functions []function) int {
	known := map[[2]string]bool{}
	for _, f := range functions {
		known[[2]string{f.Project, unqualified(f.Name)}] = true
	}
	n := 0
	for _, u := range units {
		for _, f := range u.written {
			if key := [2]string{u.Project, f.Name}; !known[key] {
				known[key] = true
				n++
			}
		}
	}
	return n
}
