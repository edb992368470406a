// Package bursts is the second process of the studies: a neighbour that loads
// one core now and then. A study calls Main when it was started with Flag.
package bursts

import (
	"context"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"time"
)

// Flag is the argument that Start gives to the program itself.
const Flag = "-burst"

// Main keeps one core busy for 0.1 to 1 s, then rests 0.2 to 2 s, until its
// parent is gone.
func Main() {
	rng := rand.New(rand.NewPCG(1, 2))
	between := func(lo, hi time.Duration) time.Duration {
		return lo + time.Duration(rng.Float64()*float64(hi-lo))
	}
	for parent := os.Getppid(); os.Getppid() == parent; { // an orphan would load the machine for ever
		for end := time.Now().Add(between(100*time.Millisecond, time.Second)); time.Now().Before(end); {
		}
		time.Sleep(between(200*time.Millisecond, 2*time.Second))
	}
}

// Start runs this program as the neighbour until ctx ends, behind a command that
// is followed by another, such as taskset, if there is one.
func Start(ctx context.Context, behind ...string) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	argv := append(slices.Clone(behind), self, Flag)
	return exec.CommandContext(ctx, argv[0], argv[1:]...).Start()
}
