package machine

import (
	"context"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

func TestSecondSessionWaitsAndIsTold(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	first, err := Acquire(context.Background(), path, "session one", func(string) { t.Error("the first had to wait") })
	if err != nil {
		t.Fatal(err)
	}
	told := make(chan string, 1)
	got := make(chan error, 1)
	go func() {
		second, err := Acquire(context.Background(), path, "session two", func(h string) { told <- h })
		if err == nil {
			err = second.Release()
		}
		got <- err
	}()
	if h := <-told; !strings.Contains(h, "session one") {
		t.Errorf("holder %q, want session one", h)
	}
	select {
	case err := <-got:
		t.Fatalf("second got the lock while the first held it (error %v)", err)
	default:
	}
	if err := first.Release(); err != nil {
		t.Fatal(err)
	}
	if err := <-got; err != nil {
		t.Fatal(err)
	}
}

func TestAcquireGivesUpWithItsContext(t *testing.T) {
	path := filepath.Join(t.TempDir(), "lock")
	held, err := Acquire(context.Background(), path, "holder", func(string) {})
	if err != nil {
		t.Fatal(err)
	}
	defer held.Release()
	ctx, cancel := context.WithCancel(context.Background())
	_, err = Acquire(ctx, path, "late", func(string) { cancel() })
	if err == nil || !strings.Contains(err.Error(), "holder") {
		t.Fatalf("error %v, want one that names the holder", err)
	}
}

func TestOnlyComputingThreadsWait(t *testing.T) {
	ms := time.Millisecond
	before := map[int]thread{1: {10 * ms, 1 * ms}, 2: {1 * ms, 1 * ms}}
	after := map[int]thread{1: {90 * ms, 11 * ms}, 2: {3 * ms, 21 * ms}, 3: {50 * ms, 5 * ms}}
	if got := waited(before, after, 100*ms); got != 15*ms {
		t.Errorf("waited %v, want 15ms: thread 2 does not compute", got)
	}
	young := map[int]span{
		4: {thread{5 * ms, 5 * ms}, 20 * ms}, // half of its short life
		5: {thread{5 * ms, 2 * ms}, 20 * ms},
	}
	for used, want := range map[time.Duration]time.Duration{
		0: 5 * ms, 10 * ms: 5 * ms, // all was seen
		40 * ms: 20 * ms, time.Second: 50 * ms, // scaled up, within reason
	} {
		if got := waitedYoung(young, used); got != want {
			t.Errorf("processes that began within the visit and used %v waited %v, want %v", used, got, want)
		}
	}
	if got := waitedYoung(nil, ms); got != 0 {
		t.Errorf("processes that nobody saw waited %v", got)
	}
}

func TestForeignLoadLeavesOwnWorkAndEarlierWorkOut(t *testing.T) {
	s := time.Second
	before := counters{busy: 1000 * s, own: 100 * s}
	for name, c := range map[string]struct {
		after     counters
		ran, wall time.Duration
		want      float64
	}{
		"all idle, whatever was before":     {before, 0, s, 0},
		"this program alone":                {counters{busy: 1001 * s, own: 101 * s}, 0, s, 0},
		"another one on a core and a half":  {counters{busy: 1003 * s, own: 100 * s}, 0, 2 * s, 1.5},
		"beside a plugin and this program":  {counters{busy: 1004 * s, own: 101 * s}, 2 * s, 2 * s, 0.5},
		"ticks are coarser than schedulers": {counters{busy: 1000 * s, own: 100*s + 1}, 0, s, 0},
	} {
		if got := foreign(before, c.after, c.ran, c.wall); got != c.want {
			t.Errorf("%s: %v cores, want %v", name, got, c.want)
		}
	}
}

func TestForeignLoadIsKnownOnLinux(t *testing.T) {
	cores, known := ForeignLoad(t.Context(), 20*time.Millisecond)
	if want := runtime.GOOS == "linux"; known != want || cores < 0 {
		t.Errorf("%v cores, known %v; want known %v", cores, known, want)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, known := ForeignLoad(ended, time.Hour); known {
		t.Error("an interrupted watch knows something")
	}
}

func TestFactsAndEnvironmentAreFilled(t *testing.T) {
	h := Facts(context.Background())
	if h.OS == "" || h.Cores == 0 || h.Memory == 0 {
		t.Errorf("facts %+v lack basics", h)
	}
	if e := Environment(context.Background()); e.Time.IsZero() || e.FreeMemory == 0 {
		t.Errorf("environment %+v lacks basics", e)
	}
}

func TestCommitOfAFolderWithoutGit(t *testing.T) {
	t.Setenv("GIT_CEILING_DIRECTORIES", filepath.Dir(t.TempDir())) // wherever temporary folders lie
	for name, c := range map[string]struct {
		revision string
		sha      string
		dirty    bool
	}{
		"clean":   {"0123abcd\n", "0123abcd", false},
		"dirty":   {"0123abcd dirty\n", "0123abcd", true},
		"empty":   {"\n", "", false},
		"nothing": {"", "", false},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if c.revision != "" {
				if err := os.WriteFile(filepath.Join(dir, "REVISION"), []byte(c.revision), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			sha, dirty, reason := Git(t.Context(), dir)
			if c.sha == "" {
				if sha != nil || dirty != nil || reason == "" {
					t.Errorf("commit %v, dirty %v, reason %q; want a reason and no commit", sha, dirty, reason)
				}
				return
			}
			if sha == nil || *sha != c.sha || dirty == nil || *dirty != c.dirty {
				t.Errorf("commit %v, dirty %v; want %s, %v", sha, dirty, c.sha, c.dirty)
			}
		})
	}
}
