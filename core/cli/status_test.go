package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/assay-bench/assay/core/internal/atomicfile"
	"github.com/assay-bench/assay/core/process"
	"github.com/assay-bench/assay/core/record"
	"github.com/assay-bench/assay/core/session"
)

func TestStatusOfAnError(t *testing.T) {
	by := func(s syscall.Signal) context.Context {
		ctx, cancel := context.WithCancelCause(t.Context())
		cancel(&Interrupt{s})
		return ctx
	}
	unwritten := atomicfile.Write(filepath.Join(t.TempDir(), "no folder", "file"), nil)
	for _, c := range []struct {
		name string
		ctx  context.Context
		err  error
		want Status
	}{
		{"none", t.Context(), nil, 0},
		{"shown already", t.Context(), fmt.Errorf("in: %w", told(Failed)), 1},
		{"any", t.Context(), errors.New("x"), 2},
		{"a resumed session that changed", t.Context(), &session.Changed{}, 2},
		{"a set-up that changed meanwhile", t.Context(), errors.Join(&session.OtherSetup{}), 3},
		{"a plugin that died", t.Context(), fmt.Errorf("in: %w", &process.DeathError{}), 4},
		{"a plugin that was replaced", t.Context(), fmt.Errorf("in: %w", &process.DigestError{}), 4},
		{"a build", t.Context(), cannotStart{errors.New("x")}, 4},
		{"a file", t.Context(), fmt.Errorf("in: %w", unwritten), 5},
		{"a journal", t.Context(), fmt.Errorf("in: %w", &record.WriteError{Err: errors.New("x")}), 5},
		{"a journal after Ctrl-C", by(syscall.SIGINT), errors.Join(context.Canceled, &record.WriteError{Err: errors.New("x")}), 5},
		{"Ctrl-C", by(syscall.SIGINT), fmt.Errorf("in: %w", context.Canceled), 130},
		{"Ctrl-C while building", by(syscall.SIGINT), cannotStart{context.Canceled}, 130},
		{"kill", by(syscall.SIGTERM), &stopped{"go on"}, 143},
		{"a terminal that closed", by(syscall.SIGHUP), context.Canceled, 129},
		{"a reader that is gone", by(syscall.SIGPIPE), context.Canceled, 141},
		{"cancelled by nobody", t.Context(), context.Canceled, 130},
		{"too slow", t.Context(), context.DeadlineExceeded, 2},
	} {
		if got := statusOf(c.ctx, c.err); got != c.want {
			t.Errorf("%s: %d, want %d", c.name, got, c.want)
		}
	}
}

func TestStatusOfResults(t *testing.T) {
	result := func(s record.Status, verdict string) *record.Result {
		return &record.Result{Status: s, Verdict: verdict}
	}
	var (
		pass    = result(record.Complete, "pass")
		skipped = result(record.Skipped, "none")
		fail    = result(record.Complete, "fail")
		unknown = result(record.Complete, "inconclusive")
		invalid = result(record.Invalid, "invalid")
		partial = result(record.Partial, "none")
		crashed = result(record.Crashed, "pass")
		hung    = result(record.Hung, "none")
	)
	for i, c := range []struct {
		results []*record.Result
		want    Status
	}{
		{nil, 0},
		{[]*record.Result{pass, skipped}, 0},
		{[]*record.Result{pass, fail}, 1},
		{[]*record.Result{crashed, unknown, fail, partial}, 1},
		{[]*record.Result{result(record.Crashed, "fail")}, 1},
		{[]*record.Result{unknown, pass}, 3},
		{[]*record.Result{invalid}, 3},
		{[]*record.Result{partial}, 3},
		{[]*record.Result{result(record.Partial, "pass")}, 3},
		{[]*record.Result{crashed, unknown}, 4},
		{[]*record.Result{pass, hung}, 4},
	} {
		if got := statusOf(t.Context(), verdictStatus(c.results)); got != c.want {
			t.Errorf("%d: %d, want %d", i, got, c.want)
		}
	}
}

// The README has the table of the code.
func TestStatusesAreInTheREADME(t *testing.T) {
	page, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := "| exit status | |\n|---|---|\n"
	for _, m := range meanings {
		rows += fmt.Sprintf("| %s | %s |\n", m.status, m.meaning)
	}
	if !strings.Contains(string(page), rows+"\n") {
		t.Errorf("README.md does not hold this table:\n%s", rows)
	}
}
