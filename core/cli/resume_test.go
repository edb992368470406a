package cli

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/assay-bench/assay/core/internal/acks"
	"github.com/assay-bench/assay/core/record"
)

const resumed = `
experiment "sum" {
  plugin = "acks"
  device = "cpu"
  variant "once" {
    baseline = true
  }
  variant "again" {
    env = { SUM_OF = "another process" }
  }
  measure {
    rounds     = 3
    max_rounds = 3
    visit      = "8ms"
    samples    = 8
    passes     = 2
    warmup_max = "10ms"
  }
}
`

// A session with a real kernel, killed 20 times and more at moments of no choice,
// ends with a document that holds every sample which its plugin was told to be
// kept, once, and nothing that was measured twice.
func TestEveryAcknowledgedSampleSurvivesTheHost(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	build := exec.Command("go", "build", "-o", filepath.Join(dir, "plugins", "assay-plugin-acks"), "github.com/assay-bench/assay/core/internal/ackplugin")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if err := os.WriteFile(filepath.Join(dir, "sum.hcl"), []byte(resumed), 0o644); err != nil {
		t.Fatal(err)
	}
	h := &killedHost{dir: dir, rng: rand.New(rand.NewPCG(3, 9))}
	for args := []string{"run", "sum.hcl"}; !h.dies(t, args...); args = []string{"resume"} {
		if h.kills > 300 {
			t.Fatalf("killed %d times and not at its end", h.kills)
		}
	}
	if h.kills < 20 {
		t.Errorf("killed %d times, want 20 or more", h.kills)
	}
	r, err := record.ReadResult(filepath.Join(dir, "results", "sum.json"))
	if err != nil {
		t.Fatal(err)
	}
	if r.Status != record.Complete || len(r.Session.Resumptions) == 0 {
		t.Errorf("status %s, %d resumptions", r.Status, len(r.Session.Resumptions))
	}
	acked, err := acks.Read(filepath.Join(dir, "acks"))
	if err != nil {
		t.Fatal(err)
	}
	kept := samplesOf(t, r)
	for line, n := range acked {
		if n > kept[line] {
			t.Errorf("acknowledged %d times and kept %d times: %s", n, kept[line], line)
		}
	}
	for line, n := range kept {
		// The last sample before a kill may be on disk without its acknowledgement.
		if acked[line] < n {
			h.unacked += n - acked[line]
		}
	}
	if h.unacked > h.kills {
		t.Errorf("%d samples were kept that nobody acknowledged, with %d kills", h.unacked, h.kills)
	}
	if out, err := h.assay("explain", "results/sum.json").CombinedOutput(); err != nil {
		t.Errorf("explain: %v\n%s", err, out)
	}
	t.Logf("killed %d times; %d samples acknowledged, %d more kept", h.kills, count(acked), h.unacked)
}

// killedHost runs assay in a folder and kills it.
type killedHost struct {
	dir            string
	rng            *rand.Rand
	kills, unacked int
}

func (h *killedHost) assay(args ...string) *exec.Cmd {
	cmd := exec.Command("assay", args...)
	cmd.Dir = h.dir
	cmd.Env = append(os.Environ(), acks.Env+"="+filepath.Join(h.dir, "acks"), "ASSAY_PLUGIN_DIR="+filepath.Join(h.dir, "plugins"),
		"ASSAY_LOCK="+filepath.Join(h.dir, "lock"), "ASSAY_HISTORY=off", "XDG_CACHE_HOME="+filepath.Join(h.dir, "cache"))
	return cmd
}

// dies runs assay and kills it once the journal has grown by some bytes. It is
// true when assay was done first.
func (h *killedHost) dies(t *testing.T, args ...string) bool {
	t.Helper()
	cmd := h.assay(args...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	limit := h.journal() + 16_000 + h.rng.Int64N(34_000) // it takes some 10,000 to be where it was
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	late := time.After(disturbPatience)
	for {
		select {
		case <-late:
			_ = cmd.Process.Kill()
			<-done
			t.Fatalf("%v did not end within %v\n%s", args, disturbPatience, out.String())
		case err := <-done:
			if err != nil {
				t.Fatalf("%v: %v\n%s", args, err, out.String())
			}
			return true
		case <-time.After(5 * time.Millisecond):
		}
		if h.journal() >= limit {
			_ = cmd.Process.Kill()
			<-done
			h.kills++
			return false
		}
	}
}

// journal is the length of the session's journal, 0 before there is one.
func (h *killedHost) journal() int64 {
	found, _ := filepath.Glob(filepath.Join(h.dir, "results", "runs", "*", "journal.jsonl"))
	if len(found) != 1 {
		return 0
	}
	info, err := os.Stat(found[0])
	if err != nil {
		return 0
	}
	return info.Size()
}

// samplesOf counts a document's samples as the plugin's list has them, and holds every place of the
// order to one visit with its samples numbered through.
func samplesOf(t *testing.T, r *record.Result) map[string]int {
	t.Helper()
	out := map[string]int{}
	for _, d := range r.Cases[0].Rounds {
		places := map[string]int{}
		for _, v := range d.Visits {
			for i := range v.Samples.Len() {
				s := v.Samples.At(i)
				out[acks.Of(v.Phase, s)]++
				if s.Seq != v.Samples.Seq[0]+uint64(i) {
					t.Errorf("round %d, visit %d: sample %d has number %d, the first has %d", d.Index, v.Index, i+1, s.Seq, v.Samples.Seq[0])
				}
			}
			if !v.Superseded {
				places[fmt.Sprintf("%s %s %d", v.Phase, v.Variant, v.Pass)]++
			}
		}
		if len(places) != 3*4 {
			t.Errorf("round %d has %d places of its order, want 12", d.Index, len(places))
		}
		for at, n := range places {
			if n != 1 {
				t.Errorf("round %d was measured %d times at %s", d.Index, n, at)
			}
		}
	}
	return out
}

func count(of map[string]int) (n int) {
	for _, k := range of {
		n += k
	}
	return n
}
