package cpu

import (
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// counting marks each chunk that runs.
type counting struct {
	ran   []atomic.Int32
	inUse []atomic.Bool // by worker
	t     *testing.T
}

func (c *counting) chunks(worker, from, to int) {
	if !c.inUse[worker].CompareAndSwap(false, true) {
		c.t.Errorf("worker %d runs two chunks at once", worker)
	}
	for i := from; i < to; i++ {
		c.ran[i].Add(1)
	}
	c.inUse[worker].Store(false)
}

func TestPoolRunsEveryChunkOnce(t *testing.T) {
	for _, threads := range []int{1, 2, 7} {
		p := newPool(threads)
		c := &counting{t: t, inUse: make([]atomic.Bool, threads)}
		for round := range 600 {
			n := 1 + round*7%61
			c.ran = make([]atomic.Int32, n)
			if round%3 == 0 {
				p.begin()
			}
			if err := p.do(c, n); err != nil {
				t.Fatal(err)
			}
			if round%3 == 1 {
				p.end()
			}
			for i := range c.ran {
				if got := c.ran[i].Load(); got != 1 {
					t.Fatalf("%d threads, round %d: chunk %d of %d ran %d times", threads, round, i, n, got)
				}
			}
		}
		p.end()
		p.close()
	}
}

type panicking struct{}

func (panicking) chunks(_, from, to int) {
	if from <= 3 && 3 < to {
		panic("chunk three")
	}
}

func TestPoolSurvivesPanic(t *testing.T) {
	for _, threads := range []int{1, 2} {
		p := newPool(threads)
		if err := p.do(panicking{}, 8); err == nil || !strings.Contains(err.Error(), "chunk three") {
			t.Errorf("%d threads: %v", threads, err)
		}
		c := &counting{t: t, inUse: make([]atomic.Bool, threads), ran: make([]atomic.Int32, 5)}
		if err := p.do(c, 5); err != nil {
			t.Errorf("%d threads, after a panic: %v", threads, err)
		}
		p.close()
	}
}

// alone has one thread end its chunk when the other one has ended its own and sleeps.
type alone struct {
	p     *pool
	last  int // the thread that ends last
	began chan struct{}
	ended atomic.Bool
	t     *testing.T
}

func (a *alone) chunks(worker, _, _ int) {
	if worker != a.last {
		<-a.began
		a.ended.Store(true)
		return
	}
	close(a.began)
	for limit := time.Now().Add(time.Minute); !a.ended.Load() || !a.p.sleep[1-worker].asleep.Load(); {
		if time.Now().After(limit) {
			a.t.Errorf("thread %d does not park while thread %d computes", 1-worker, worker)
			return
		}
		time.Sleep(10 * time.Microsecond)
	}
}

// TestPoolSleepsWhileItWaits: a thread that waits for another parks, between begin
// and end too. If it gave way for ever, threads of other processes would starve.
func TestPoolSleepsWhileItWaits(t *testing.T) {
	p := newPool(2)
	defer p.close()
	p.begin()
	defer p.end()
	for round := range 20 {
		if err := p.do(&alone{p: p, last: round % 2, began: make(chan struct{}), t: t}, 2); err != nil {
			t.Fatal(err)
		}
	}
}
