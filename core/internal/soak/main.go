// Command soak measures what a session costs with many samples: one real session
// of a plugin whose batches take no time but say that they took some, so that a
// million samples need minutes and not hours, and then the commands that read what
// it left; beside it a short one in real time, for the journal's share of it. It
// prints memory, sizes and times beside what must hold, and ends with status 1 where
// something does not.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"

	"github.com/assay-bench/assay/core/internal/badplugin"
	"github.com/assay-bench/assay/core/session"
)

// inRealTime is how many samples a second session takes, whose batches take as long
// as they say: 10 s in all, to see how much of that the journal is.
const inRealTime = 1680

func main() {
	samples := flag.Int("n", 1_000_000, "samples of the session, at least")
	dir := flag.String("dir", "", "folder to work in, in which a temporary one is made; its disk is the one that is measured (default: the system's)")
	times := flag.Bool("times", true, "end with status 1 where a time does not hold, which on a busy machine says little")
	bin := flag.String("bin", "", "folder with assay and assay-plugin-bad (default: built)")
	keep := flag.Bool("keep", false, "leave the folder there")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	ok, err := soak(ctx, *bin, *dir, *samples, *keep, *times)
	if err != nil {
		fmt.Fprintln(os.Stderr, "soak:", err)
		os.Exit(2)
	}
	if !ok {
		os.Exit(1)
	}
}

func soak(ctx context.Context, bin, dir string, samples int, keep, times bool) (ok bool, err error) {
	if dir, err = os.MkdirTemp(dir, "assay-soak-"); err != nil {
		return false, err
	}
	defer func() {
		if keep {
			fmt.Println("left in", dir)
			return
		}
		err = errors.Join(err, os.RemoveAll(dir))
	}()
	assay, p, err := programs(ctx, bin, dir)
	if err != nil {
		return false, err
	}
	m, err := measure(ctx, p, dir, samples, sharedClock(filepath.Join(dir, "clock")))
	if err != nil {
		return false, err
	}
	t := &table{ok: true, times: times}
	t.session(m)
	real, err := measure(ctx, p, filepath.Join(dir, "real"), inRealTime, "")
	if err != nil {
		return false, err
	}
	t.journal(real)
	for _, c := range []command{
		{name: "show", args: []string{"show", m.document}, seconds: 1},
		{name: "explain", args: []string{"explain", m.document}, seconds: 10, bytes: 500e6},
		{name: "recover", args: []string{"recover", "--out", filepath.Join(dir, "recovered"), m.journal}, bytes: 500e6},
	} {
		if err := c.run(ctx, assay, dir); err != nil {
			return false, err
		}
		t.command(c)
	}
	return t.ok, nil
}

// programs are assay and the plugin, those of the folder bin, or built in dir.
func programs(ctx context.Context, bin, dir string) (assay string, p *session.Plugin, err error) {
	from := bin
	if bin == "" {
		from = dir
	}
	if from, err = filepath.Abs(from); err != nil {
		return "", nil, err
	}
	assay, bad := filepath.Join(from, "assay"), filepath.Join(from, "assay-plugin-"+badplugin.Name)
	if bin == "" {
		build := exec.CommandContext(ctx, "go", "build", "-o", assay, "github.com/assay-bench/assay/core")
		if out, err := build.CombinedOutput(); err != nil {
			return "", nil, fmt.Errorf("building assay: %w\n%s", err, out)
		}
		if _, err = badplugin.Build(from); err != nil {
			return "", nil, err
		}
	}
	p, err = described(ctx, bad)
	return assay, p, err
}
