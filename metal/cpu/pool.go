package cpu

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"

	"github.com/assay-bench/assay/metal/cpu/simd"
)

// chunked is work that divides into independent chunks, of which run does from
// … to-1. worker says who runs them: no two runs at once have the same number.
type chunked interface {
	chunks(worker, from, to int)
}

// pool runs the chunks of one job at a time on the caller and its workers.
//
// Each thread has a slot with the range of chunks it is to run, so that it
// walks through memory in order; who is done takes chunks from the far end of
// another's range. Claims are for half of what is left: long runs at first, for
// the memory's prefetchers, short ones at last, so that threads end together.
// A slot's word holds the job's number and both ends of the range, and a claim
// is a compare-and-swap of the whole word, so a late worker never takes a chunk
// of a job it did not see. A claimed chunk keeps the job from ending, which is
// why job is only read after a claim.
type pool struct {
	threads int
	slots   []slot
	done    atomic.Int64
	_       [56]byte
	panics  atomic.Pointer[string]
	closing atomic.Bool
	job     chunked
	first   int       // the job's number of chunk 0
	number  uint64    // of the job
	sleep   []sleeper // by thread
	pins    pins
	wg      sync.WaitGroup
}

// slot is number<<48 | from<<24 | to: chunks from … to-1 are to be claimed.
type slot struct {
	atomic.Uint64
	_ [56]byte
}

// maxChunks is what a slot can hold.
const maxChunks = 1<<24 - 1

// sleeper is where one thread waits. It spins, then gives way to other
// goroutines between spins, and then parks. It gives way a bounded number of
// times: Gosched of a goroutine that is tied to a thread puts that thread to
// sleep and wakes another. Without a bound, the pools of a few processes on the
// same cores made hundreds of thousands of such switches a second, and Linux left
// threads that had chunks to run without a core for more than 10 s.
type sleeper struct {
	asleep atomic.Bool
	wake   chan struct{}
	_      [48]byte
}

// How long to spin before giving way, and before parking, in rounds of Pause.
const (
	spinsBeforeYield = 1 << 8
	yieldsBeforePark = 1 << 7
)

func newPool(threads int) *pool {
	p := &pool{threads: threads, slots: make([]slot, threads), sleep: make([]sleeper, threads), pins: newPins(threads)}
	for i := range p.sleep {
		p.sleep[i].wake = make(chan struct{}, 1)
	}
	for worker := 1; worker < threads; worker++ {
		p.wg.Add(1)
		go p.work(worker)
	}
	return p
}

// begin and end enclose a sequence of do calls, between which the caller stays on
// its core. Workers wake up for the first.
func (p *pool) begin() {
	p.pins.hold(0)
	p.wakeWorkers()
}

func (p *pool) end() { p.pins.release() }

// do runs chunks 0 … n-1 of j and returns when all have ended. Each thread
// takes its share in ascending order. An error means that a chunk panicked.
func (p *pool) do(j chunked, n int) error {
	for first := 0; first < n; first += maxChunks {
		p.share(j, first, min(n, first+maxChunks)-first)
	}
	if msg := p.panics.Swap(nil); msg != nil {
		return fmt.Errorf("panicked: %s", *msg)
	}
	return nil
}

func (p *pool) share(j chunked, first, n int) {
	if n == 1 || p.threads == 1 {
		p.serial(j, first, n)
		return
	}
	p.job, p.first = j, first
	p.done.Store(0)
	p.number = (p.number + 1) & 0xffff
	for i := range p.slots {
		p.slots[i].Store(p.number<<48 | uint64(n*i/p.threads)<<24 | uint64(n*(i+1)/p.threads))
	}
	p.wakeWorkers()
	for p.claim(0) {
	}
	for p.done.Load() < int64(n) {
		p.sleep[0].until(func() bool { return p.done.Load() >= int64(n) })
	}
	p.job = nil
}

func (p *pool) serial(j chunked, first, n int) {
	defer p.recover()
	j.chunks(0, first, first+n)
}

// claim runs some chunks, of the worker's own range or another's; false means
// none is left.
func (p *pool) claim(worker int) bool {
	if from, to := p.slots[worker].takeFirst(); from < to {
		p.some(worker, from, to)
		return true
	}
	for other := range p.slots {
		if from, to := p.slots[other].takeLast(); from < to {
			p.some(worker, from, to)
			return true
		}
	}
	return false
}

// takeFirst claims the first half of the range, takeLast the last half.
func (s *slot) takeFirst() (from, to int) {
	for {
		w := s.Load()
		from, to := w>>24&maxChunks, w&maxChunks
		if from >= to {
			return 0, 0
		}
		n := (to - from + 1) / 2
		if s.CompareAndSwap(w, w+n<<24) {
			return int(from), int(from + n)
		}
	}
}

func (s *slot) takeLast() (from, to int) {
	for {
		w := s.Load()
		from, to := w>>24&maxChunks, w&maxChunks
		if from >= to {
			return 0, 0
		}
		n := (to - from + 1) / 2
		if s.CompareAndSwap(w, w-n) {
			return int(to - n), int(to)
		}
	}
}

// empty says that no chunk is left to claim.
func (p *pool) empty() bool {
	for i := range p.slots {
		if w := p.slots[i].Load(); w>>24&maxChunks < w&maxChunks {
			return false
		}
	}
	return true
}

func (p *pool) some(worker, from, to int) {
	defer func() {
		p.done.Add(int64(to - from))
		p.sleep[0].rouse()
	}()
	defer p.recover()
	p.job.chunks(worker, p.first+from, p.first+to)
}

// recover keeps a panic of a chunk from ending the process.
func (p *pool) recover() {
	if r := recover(); r != nil {
		msg := fmt.Sprintf("%v\n%s", r, debug.Stack())
		p.panics.CompareAndSwap(nil, &msg)
	}
}

func (p *pool) work(worker int) {
	defer p.wg.Done()
	p.pins.hold(worker)
	defer p.pins.release()
	for !p.closing.Load() {
		if !p.claim(worker) {
			p.sleep[worker].until(func() bool { return !p.empty() || p.closing.Load() })
		}
	}
}

func (p *pool) wakeWorkers() {
	for i := 1; i < p.threads; i++ {
		p.sleep[i].rouse()
	}
}

// until waits for ready, whose change another thread follows by rouse. It may
// return before.
func (s *sleeper) until(ready func() bool) {
	for i := range spinsBeforeYield + yieldsBeforePark {
		if ready() {
			return
		}
		simd.Pause()
		if i >= spinsBeforeYield {
			runtime.Gosched()
		}
	}
	s.asleep.Store(true)
	if !ready() {
		<-s.wake
	}
	s.asleep.Store(false)
}

// rouse wakes the thread up if it sleeps.
func (s *sleeper) rouse() {
	if s.asleep.Load() {
		select {
		case s.wake <- struct{}{}:
		default:
		}
	}
}

func (p *pool) close() {
	p.closing.Store(true)
	p.wakeWorkers()
	p.wg.Wait()
}
