package cpu

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"

	"github.com/assay-bench/assay/metal/cpu/simd"
)

// chunked is work that divides into independent chunks. worker says who runs
// a chunk: no two chunks run at once with the same worker number.
type chunked interface {
	chunk(worker, i int)
}

// pool runs the chunks of one job at a time on the caller and its workers.
//
// state holds the job's number in its upper half and how many chunks are
// still to be claimed in its lower half; a claim is a compare-and-swap of the
// whole word, so a late worker never takes a chunk of a job it did not see. A
// claimed chunk keeps the job from ending, which is why job and total are only
// read after a claim.
type pool struct {
	threads int
	state   atomic.Uint64
	_       [56]byte
	done    atomic.Int64
	_       [56]byte
	panics  atomic.Pointer[string]
	busy    atomic.Bool // a Run is in progress: idle workers keep spinning
	closing atomic.Bool
	job     chunked
	total   int
	sleep   []sleeper // one per worker
	wg      sync.WaitGroup
}

// sleeper is where one worker parks.
type sleeper struct {
	asleep atomic.Bool
	wake   chan struct{}
}

// How long to spin before giving way, and before parking, in rounds of Pause.
const (
	spinsBeforeYield = 1 << 8
	yieldsBeforePark = 1 << 7
)

func newPool(threads int) *pool {
	p := &pool{threads: threads, sleep: make([]sleeper, threads-1)}
	for i := range p.sleep {
		p.sleep[i].wake = make(chan struct{}, 1)
		p.wg.Add(1)
		go p.work(i)
	}
	return p
}

// begin and end enclose a sequence of do calls, between which workers stay awake.
func (p *pool) begin() {
	p.busy.Store(true)
	p.wakeAll()
}
func (p *pool) end() { p.busy.Store(false) }

// do runs chunks 0 … n-1 of j and returns when all have ended. Chunks are
// claimed in order. An error means that a chunk panicked.
func (p *pool) do(j chunked, n int) error {
	if n <= 0 {
		return nil
	}
	if n == 1 || p.threads == 1 {
		p.serial(j, n)
	} else {
		p.job, p.total = j, n
		p.done.Store(0)
		p.state.Store((p.state.Load()>>32+1)<<32 | uint64(n))
		if !p.busy.Load() {
			p.wakeAll()
		}
		for p.claim(0) {
		}
		for i := 0; p.done.Load() < int64(n); i++ {
			pauseOrYield(i)
		}
		p.job = nil
	}
	if msg := p.panics.Swap(nil); msg != nil {
		return fmt.Errorf("panicked: %s", *msg)
	}
	return nil
}

func (p *pool) serial(j chunked, n int) {
	defer p.recover()
	for i := range n {
		j.chunk(0, i)
	}
}

// claim runs one chunk as the given worker; false means none is left.
func (p *pool) claim(worker int) bool {
	for {
		s := p.state.Load()
		left := uint32(s)
		if left == 0 {
			return false
		}
		if p.state.CompareAndSwap(s, s-1) {
			p.one(worker, p.total-int(left))
			return true
		}
	}
}

func (p *pool) one(worker, i int) {
	defer p.done.Add(1)
	defer p.recover()
	p.job.chunk(worker, i)
}

// recover keeps a panic of a chunk from ending the process.
func (p *pool) recover() {
	if r := recover(); r != nil {
		msg := fmt.Sprintf("%v\n%s", r, debug.Stack())
		p.panics.CompareAndSwap(nil, &msg)
	}
}

func (p *pool) work(i int) {
	defer p.wg.Done()
	s := &p.sleep[i]
	for idle := 0; !p.closing.Load(); {
		if p.claim(i + 1) {
			idle = 0
			continue
		}
		if idle < spinsBeforeYield+yieldsBeforePark || p.busy.Load() {
			pauseOrYield(idle)
			idle++
			continue
		}
		s.asleep.Store(true)
		if uint32(p.state.Load()) == 0 && !p.busy.Load() && !p.closing.Load() {
			<-s.wake
		}
		s.asleep.Store(false)
		idle = 0
	}
}

func (p *pool) wakeAll() {
	for i := range p.sleep {
		if s := &p.sleep[i]; s.asleep.Load() {
			select {
			case s.wake <- struct{}{}:
			default:
			}
		}
	}
}

// pauseOrYield is round i of waiting: it spins at first, then gives way to
// other goroutines between spins.
func pauseOrYield(i int) {
	simd.Pause()
	if i >= spinsBeforeYield {
		runtime.Gosched()
	}
}

func (p *pool) close() {
	p.closing.Store(true)
	p.wakeAll()
	p.wg.Wait()
}
