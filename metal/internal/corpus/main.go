package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"syscall"
	"time"

	"github.com/assay-bench/assay/metal/mlxkernel"
)

// options of one run.
type options struct {
	workers int
	limit   time.Duration
	all     bool // every instantiation of a kernel template, instead of the first
	causes  int
	list    bool // each failure too
	cuda    bool // compile for CUDA as well
}

func main() {
	var o options
	flag.IntVar(&o.workers, "j", runtime.NumCPU(), "compilations at once")
	flag.DurationVar(&o.limit, "limit", time.Minute, "longest time for one compilation")
	flag.BoolVar(&o.all, "all", false, "compile every instantiation of a kernel template, instead of the first in the source")
	flag.IntVar(&o.causes, "causes", 40, "causes to print, the most frequent ones")
	flag.BoolVar(&o.list, "list", false, "also print each function that fails, with its messages")
	flag.BoolVar(&o.cuda, "cuda", true, "compile for CUDA too, with the NVRTC that CUDA_HOME, VIRTUAL_ENV or the system has")
	isWorker := flag.Bool("worker", false, "answer requests on standard input; the program starts its workers so")
	flag.Usage = func() {
		fmt.Fprintln(flag.CommandLine.Output(), "usage: corpus [flags] DIR\nEach folder in DIR is a project.")
		flag.PrintDefaults()
	}
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var err error
	switch {
	case *isWorker:
		err = work(ctx, os.Stdin, os.Stdout)
	case flag.NArg() != 1:
		err = errors.New("want one folder of projects: make metal-corpus DIR=folder")
	default:
		err = run(ctx, flag.Arg(0), o, os.Stdout, os.Stderr)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "metal-corpus:", err)
		os.Exit(1)
	}
}

// run goes over the projects of dir and prints the tables.
func run(ctx context.Context, dir string, o options, out, progress io.Writer) error {
	rs, err := roots(dir)
	if err != nil {
		return err
	}
	if len(rs) == 0 {
		return fmt.Errorf("%s: no .metal or %s file in any folder of it", dir, mlxkernel.Extension)
	}
	p := &pool{o: o, progress: progress}
	units, err := p.read(ctx, rs)
	if err != nil {
		return err
	}
	functions, missing, err := p.compile(ctx, units)
	if err != nil {
		return err
	}
	tabulate(out, projects(rs), functions, units, missing, o)
	return nil
}
