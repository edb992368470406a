package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"sync"

	"golang.org/x/term"
)

// pool compares kernels, some at once.
type pool struct {
	workers  int
	progress io.Writer // a line that is written again and again, or nil
}

// progressOn returns f if it is a terminal, and nil if not.
func progressOn(f *os.File) io.Writer {
	if term.IsTerminal(int(f.Fd())) {
		return f
	}
	return nil
}

// compare runs each kernel on both sides, with a device of its own for each worker.
func (p *pool) compare(ctx context.Context, w *wheel, jobs []job) ([]outcome, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	outcomes := make([]outcome, len(jobs))
	next := make(chan int)
	var wait sync.WaitGroup
	var mu sync.Mutex
	done := 0
	for range max(1, min(p.workers, len(jobs))) {
		wait.Go(func() {
			both, err := openSides(ctx, w)
			if err != nil {
				cancel(err)
				return
			}
			defer both.close()
			for i := range next {
				outcomes[i] = both.compare(ctx, jobs[i].plan())
				mu.Lock()
				done++
				if p.progress != nil {
					fmt.Fprintf(p.progress, "\r\x1b[K%d of %d kernels", done, len(jobs))
				}
				mu.Unlock()
			}
		})
	}
	for i := range jobs {
		select {
		case next <- i:
			continue
		case <-ctx.Done():
		}
		break
	}
	close(next)
	wait.Wait()
	if p.progress != nil {
		fmt.Fprint(p.progress, "\r\x1b[K")
	}
	if err := context.Cause(ctx); err != nil {
		return nil, fmt.Errorf("stopped after %d of %d kernels: %w", done, len(jobs), err)
	}
	return outcomes, nil
}
