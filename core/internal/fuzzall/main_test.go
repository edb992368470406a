package main

import (
	"os/exec"
	"strings"
	"testing"
	"time"
)

func TestLastLine(t *testing.T) {
	const out = `fuzz: elapsed: 0s, gathering baseline coverage: 0/12 completed
fuzz: elapsed: 0s, gathering baseline coverage: 12/12 completed, now fuzzing with 2 workers
fuzz: elapsed: 3s, execs: 1234 (411/sec), new interesting: 3 (total: 15)
fuzz: elapsed: 6s, execs: 98765 (32510/sec), new interesting: 7 (total: 19)
PASS
`
	if execs, found, told := lastLine(out); execs != 98765 || found != 7 || !told {
		t.Errorf("%d executions, %d inputs, %v", execs, found, told)
	}
	if _, _, told := lastLine("FAIL\tno such package\n"); told {
		t.Error("a failed build tells of executions")
	}
}

// The end of the time is no fault; what a target itself fails with is.
func TestLate(t *testing.T) {
	const head = "fuzz: elapsed: 12s, execs: 215806 (0/sec), new interesting: 66 (total: 400)\n--- FAIL: FuzzA (12.12s)\n    "
	for text, want := range map[string]bool{
		head + "context deadline exceeded\nFAIL\n":                                                                             true,
		head + "--- FAIL: FuzzA (0.00s)\n        a_test.go:12: context deadline exceeded\nFAIL\n":                              false,
		head + "context deadline exceeded\n    Failing input written to testdata/fuzz/FuzzA/6039b0d553cc0a1c\nFAIL\n":          false,
		head + "fuzzing process hung or terminated unexpectedly: exit status 2\n    Failing input written to testdata\nFAIL\n": false,
	} {
		if late.MatchString(text) != want {
			t.Errorf("%v, want %v: %s", !want, want, text)
		}
	}
}

// A target runs for its time, and on by its rate until it has run often enough.
func TestNext(t *testing.T) {
	b := bounds{each: 30 * time.Second, limit: 2 * time.Minute, least: 1000}
	for _, c := range []struct {
		name string
		t    target
		want time.Duration
	}{
		{"at first", target{}, 30 * time.Second},
		{"enough", target{execs: 1000, took: 30 * time.Second}, 0},
		{"half", target{execs: 500, took: 30 * time.Second}, 34 * time.Second},
		{"far from it", target{execs: 10, took: 30 * time.Second}, 90 * time.Second},
		{"not begun", target{took: 30 * time.Second}, 90 * time.Second},
		{"out of time", target{execs: 999, took: 2*time.Minute - time.Millisecond}, 0},
		{"late", target{execs: 999, took: 3 * time.Minute}, 0},
		{"failed", target{execs: 10, took: time.Second, failed: true}, 0},
	} {
		if got := b.next(&c.t); got.Round(time.Millisecond) != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

func TestTableNamesWhatFailed(t *testing.T) {
	var b strings.Builder
	if table(&b, []*target{{pkg: "core/a", name: "FuzzA", execs: 10, took: time.Second}}, 10) {
		t.Errorf("failed:\n%s", b.String())
	}
	b.Reset()
	few := []*target{{pkg: "core/a", name: "FuzzA", execs: 9, took: time.Second}, {pkg: "core/b", name: "FuzzB", execs: 20, failed: true}}
	if !table(&b, few, 10) || !strings.Contains(b.String(), "TOO FEW") || !strings.Contains(b.String(), "FAULT") || !strings.Contains(b.String(), "29") {
		t.Errorf("%s", b.String())
	}
}

// Every target of the module is found, this package's parent being part of it.
func TestTargets(t *testing.T) {
	all, err := targets("../../..")
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for _, x := range all {
		names[x.name] = true
	}
	for _, want := range []string{"FuzzLoad", "FuzzCheck", "FuzzReadJournal", "FuzzStream"} {
		if !names[want] {
			t.Errorf("%s is not among %d targets", want, len(all))
		}
	}
}

// A package that is renamed would be left out of the instrumented silently.
func TestInstrumentedPackagesAreThere(t *testing.T) {
	if out, err := exec.Command("go", append([]string{"list", "--"}, instrumented...)...).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
