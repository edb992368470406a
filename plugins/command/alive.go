package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/assay-bench/assay/metal"
)

// beatEvery tells the host that the program is alive. How long it may take is
// the timeout's business.
const beatEvery = 250 * time.Millisecond

// errTimeout is a program that did not end, or answer, in time.
var errTimeout = errors.New("timeout")

// alive waits for one of two channels, and tells the host that it waits.
func alive(ctx context.Context, limit time.Duration, done, ended <-chan struct{}) error {
	timeout := time.NewTimer(limit)
	defer timeout.Stop()
	beat := time.NewTicker(beatEvery)
	defer beat.Stop()
	for {
		select {
		case <-done:
			return nil
		case <-ended:
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-timeout.C:
			return fmt.Errorf("%w: it takes longer than %v", errTimeout, limit)
		case <-beat.C:
			metal.Beat(ctx)
		}
	}
}
