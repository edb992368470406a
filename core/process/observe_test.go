package process_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/assay-bench/assay/core/process"
	"github.com/assay-bench/assay/core/sdk/wire"
)

// What a check of a plugin sees of its process.
func TestOrphanEndsByItself(t *testing.T) {
	p, _ := start(t, "")
	if s := p.State(); s != nil {
		t.Errorf("state %v of a process that runs", s)
	}
	p.Orphan()
	select {
	case <-p.Exited():
	case <-time.After(30 * time.Second):
		t.Fatal("it lives on without a host")
	}
	if code := p.State().ExitCode(); code != wire.ExitOrphaned {
		t.Errorf("exit status %d, want %d", code, wire.ExitOrphaned)
	}
}

func TestPrintedIsTheBeginningOfStdout(t *testing.T) {
	p, _ := start(t, "")
	if got := p.Printed(); got != "" {
		t.Errorf("a plugin that prints nothing printed %q", got)
	}
	if _, err := visit(t.Context(), t, p, map[string]any{"mode": "stdout-flood"}, 3, 10*time.Second); err != nil {
		t.Fatal(err)
	}
	if got := p.Printed(); len(got) != 4<<10 || !strings.HasPrefix(got, "xxxx") {
		t.Errorf("%d bytes kept, want the first 4096", len(got))
	}
}

func TestDeathNamesTheRuleThatWasBroken(t *testing.T) {
	for mode, rule := range map[string]process.Rule{
		"lie-seq": process.RuleAcks, "no-wait": process.RuleAcks, "wrong-digest": process.RuleDigest,
		"no-done": process.RuleDone, "early-done": process.RuleDone,
	} {
		p, _ := start(t, "")
		_, err := visit(t.Context(), t, p, map[string]any{"mode": mode}, 6, 10*time.Second)
		var died *process.DeathError
		if !errors.As(err, &died) || died.Death.Rule != rule {
			t.Errorf("%s: %v, want one that breaks rule %s", mode, err, rule)
		}
	}
}
