package trend

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/assay-bench/assay/core/internal/fakeresult"
	"github.com/assay-bench/assay/core/record"
)

var documents = flag.Int("documents", 500, "how many documents the benchmark's folder has")

// copies writes so many documents of sessions of their own, ten of a kind.
func copies(b *testing.B, n int) string {
	b.Helper()
	dir := b.TempDir()
	for k := range 10 {
		r, err := fakeresult.New(fakeresult.Options{Seed: uint64(k + 1), Experiment: fmt.Sprintf("e%d", k), Cases: []string{"bits=4", "bits=8"}})
		if err != nil {
			b.Fatal(err)
		}
		if err := os.Mkdir(filepath.Join(dir, r.Experiment.Name), 0o755); err != nil {
			b.Fatal(err)
		}
		for i := k; i < n; i += 10 {
			r.Session.ID = fmt.Sprintf("20260301T120000Z-%06x", i)
			r.Session.Started = r.Session.Started.Add(1e9)
			if err := record.WriteResult(filepath.Join(dir, r.Experiment.Name, r.Session.ID+".json"), r, nil); err != nil {
				b.Fatal(err)
			}
		}
	}
	return dir
}

// What an index of a folder costs, by document: made anew, and as it stands.
func BenchmarkIndex(b *testing.B) {
	n := *documents
	dir, file := copies(b, n), filepath.Join(b.TempDir(), "index.jsonl")
	run := func(name string, fresh int, before func()) {
		b.Run(name, func(b *testing.B) {
			began := spent(b)
			for b.Loop() {
				before()
				x, err := Read(dir, file, sentence, func(err error) { b.Error(err) })
				if err != nil || x.Fresh != fresh || len(x.Results()) != n {
					b.Fatalf("%d results, error %v", len(x.Results()), err)
				}
			}
			b.ReportMetric(float64(spent(b)-began)/float64(b.N*n), "cpu-ns/document")
		})
	}
	run("new", n, func() { _ = os.Remove(file) })
	run("known", 0, func() {})
}

// spent is the CPU time of this process so far: other programs change it less than the
// wall time.
func spent(b *testing.B) int64 {
	b.Helper()
	var own syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &own); err != nil {
		b.Fatal(err)
	}
	return own.Utime.Nano() + own.Stime.Nano()
}
