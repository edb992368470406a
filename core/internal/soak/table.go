package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"time"
)

// grownMost is how much more memory the host may hold at the end than after the
// first quarter: rounds and visits stay, samples, of 40 bytes and more, do not.
func grownMost(samples int) float64 { return 500e3 + 8*float64(samples) }

// journalMost is the share of a session's wall time that its journal may take.
const journalMost = 0.01

// table prints figures beside what must hold of them.
type table struct {
	ok    bool
	times bool // times count
}

func (t *table) row(what, figure, limit string, holds, isTime bool) {
	verdict := ""
	if limit != "" {
		if verdict = "holds"; !holds {
			verdict, t.ok = "DOES NOT HOLD", t.ok && isTime && !t.times
		}
	}
	fmt.Printf("%-34s %-24s %-12s %s\n", what, figure, limit, verdict)
}

func (t *table) session(m *measured) {
	t.row("samples", fmt.Sprint(m.samples), "", true, false)
	t.row("session", m.took.Round(time.Millisecond).String(), "", true, true)
	quarter, end := float64(m.heap[len(m.heap)/4]), float64(m.heap[len(m.heap)-1])
	grown := end - quarter
	t.row("host memory, after a quarter", megabytes(quarter), "", true, false)
	t.row("host memory, at the end", megabytes(end), "", true, false)
	t.row("host memory, growth", megabytes(grown), "< "+megabytes(grownMost(m.samples)), grown < grownMost(m.samples), false)
	for name, path := range map[string]string{"journal": m.journal, "document": m.document} {
		if info, err := os.Stat(path); err == nil {
			t.row(name+", size", megabytes(float64(info.Size())), "", true, false)
		}
	}
	t.row("document, time to write", m.writing.Round(time.Millisecond).String(), "", true, true)
}

func (t *table) journal(m *measured) {
	share := m.journaling.Seconds() / m.took.Seconds()
	t.row("journal, share of wall time", fmt.Sprintf("%.2f %%", 100*share), fmt.Sprintf("< %g %%", 100*journalMost), share < journalMost, true)
}

func megabytes(b float64) string { return fmt.Sprintf("%.1f MB", b/1e6) }

// command is one command of assay, with the most that it may take; 0: no limit.
type command struct {
	name    string
	args    []string
	seconds float64
	bytes   float64

	took time.Duration
	cpu  time.Duration
	most float64 // resident bytes
}

func (c *command) run(ctx context.Context, assay, dir string) error {
	cmd := exec.CommandContext(ctx, assay, c.args...)
	cmd.Dir = dir
	began := time.Now()
	out, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("assay %s: %w\n%s", c.name, err, out)
	}
	c.took, c.cpu = time.Since(began), cmd.ProcessState.UserTime()+cmd.ProcessState.SystemTime()
	c.most = float64(cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss)
	if runtime.GOOS == "linux" { // there in KiB
		c.most *= 1024
	}
	return nil
}

func (t *table) command(c command) {
	limit := func(most float64, text string) string {
		if most == 0 {
			return ""
		}
		return "< " + text
	}
	t.row(c.name+", time", fmt.Sprintf("%v (cpu %v)", c.took.Round(time.Millisecond), c.cpu.Round(time.Millisecond)), limit(c.seconds, fmt.Sprintf("%g s", c.seconds)), c.took.Seconds() < c.seconds, true)
	t.row(c.name+", memory", megabytes(c.most), limit(c.bytes, megabytes(c.bytes)), c.most < c.bytes, false)
}
