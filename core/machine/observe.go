package machine

import (
	"maps"
	"runtime"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/assay-bench/assay/core/internal/crash"
	"github.com/assay-bench/assay/core/record"
)

// Observer watches the process trees of plugins during visits. Its methods may
// be called from several goroutines; there is one for a session, since it
// remembers processes from visit to visit.
type Observer struct {
	mu    sync.Mutex
	trees *forest
}

// NewObserver returns an Observer that knows no process yet.
func NewObserver() *Observer { return &Observer{trees: newForest()} }

// Watch observes the machine while one visit is measured.
type Watch struct {
	observer *Observer
	pid      int
	idle     []int
	quit     chan struct{}
	done     chan struct{}

	mhz     float64
	started time.Time
	before  reading
	known   bool // the plugin lived when the watch began

	threads map[int]thread        // of processes that lived then, by id
	ran     map[int]time.Duration // by those processes
	young   map[int]span          // threads of processes that began since
	rss     int64                 // highest seen
}

// reading is all that a visit is the difference of.
type reading struct {
	counters
	tree, idle time.Duration // CPU time of the plugin's tree and of the idle ones'
}

// thread says how long a thread ran, and how long it was runnable without a core.
type thread struct{ ran, waited time.Duration }

// span is what was seen last of a thread whose process began within a visit.
type span struct {
	thread
	lived time.Duration // the process
}

const (
	// computing is the share of its time in a visit that a thread must have run
	// or wanted to run to count as one that computes. The others, of the plugin's
	// runtime and of its connection, wait for the computing ones all the time.
	computing = 0.4
	// lookEvery is the time between two looks for processes that live shorter
	// than a visit. A look waits until at least lookRest times the CPU time of
	// the one before has passed, so that looks take 0.5 % of a core at most.
	lookEvery = 20 * time.Millisecond
	lookRest  = 200
	// unseen is how many times the CPU time seen of processes that began within
	// a visit may be what they used in all, for their waits to be scaled up.
	unseen = 10
)

// Observe starts watching while the plugin process pid measures and the plugin
// processes idle wait. What idle ones use is told apart from other programs'.
func (o *Observer) Observe(pid int, idle ...int) *Watch {
	o.mu.Lock()
	defer o.mu.Unlock()
	w := &Watch{
		observer: o, pid: pid, idle: idle, mhz: clockMHz(), known: o.trees.plant(pid),
		quit: make(chan struct{}), done: make(chan struct{}), threads: map[int]thread{}, ran: map[int]time.Duration{}, young: map[int]span{},
	}
	for _, id := range idle {
		o.trees.plant(id)
	}
	o.trees.grow()
	for _, m := range o.trees.tree(pid) {
		maps.Copy(w.threads, threads(m.pid))
	}
	w.before = w.read()
	for _, m := range o.trees.tree(pid) {
		w.ran[m.pid] = m.ran
	}
	w.started = time.Now()
	crash.Go(w.watch)
	return w
}

// Stop says what was seen since Observe; it is called once. What the system does
// not tell stays zero, and of a plugin that ended nothing is known.
func (w *Watch) Stop() record.Observation {
	close(w.quit)
	<-w.done
	o := w.observer
	o.mu.Lock()
	defer o.mu.Unlock()
	w.look()
	after, wall := w.read(), time.Since(w.started)
	out := record.Observation{MHzBefore: w.mhz, MHzAfter: clockMHz()}
	if !w.known || o.trees.members[w.pid] == nil || wall <= 0 {
		out.LoadUnknown = true
		return out
	}
	share := func(d time.Duration) float64 { return max(0, d.Seconds()/wall.Seconds()) }
	tree, idle := after.tree-w.before.tree, after.idle-w.before.idle
	out.TreeCPU, out.IdleCPU, out.TreeRSS = share(tree), share(idle), w.rss
	if !w.before.known || !after.known {
		out.LoadUnknown = true
		return out
	}
	now, young := map[int]thread{}, tree
	for _, m := range o.trees.tree(w.pid) {
		if ran, ok := w.ran[m.pid]; ok {
			maps.Copy(now, threads(m.pid))
			young -= m.ran - ran
		}
	}
	out.WaitShare = share(waited(w.threads, now, wall) + waitedYoung(w.young, young))
	out.Steal = share(after.steal - w.before.steal)
	out.ForeignLoad = foreign(w.before.counters, after.counters, tree+idle, wall)
	return out
}

// watch looks now and then until Stop.
func (w *Watch) watch() {
	defer close(w.done)
	timer := time.NewTimer(lookEvery)
	defer timer.Stop()
	for {
		select {
		case <-w.quit:
			return
		case <-timer.C:
		}
		runtime.LockOSThread() // the clock is this thread's
		began := threadTime()
		w.observer.mu.Lock()
		w.look()
		w.observer.mu.Unlock()
		cost := threadTime() - began
		runtime.UnlockOSThread()
		timer.Reset(max(lookEvery, lookRest*cost))
	}
}

// look finds processes that began, and how they and the memory of the tree are.
func (w *Watch) look() {
	trees := w.observer.trees
	trees.grow()
	_, rss := trees.read(w.pid)
	w.rss = max(w.rss, rss)
	for _, m := range trees.tree(w.pid) {
		if _, old := w.ran[m.pid]; old {
			continue
		}
		lived := systemTime() - m.began
		for id, t := range threads(m.pid) {
			if w.young[id].thread != t { // else it rested, or it ended and was not waited for
				w.young[id] = span{t, lived}
			}
		}
	}
}

func (w *Watch) read() reading {
	r := reading{counters: readCounters()}
	var rss int64
	r.tree, rss = w.observer.trees.read(w.pid)
	w.rss = max(w.rss, rss)
	for _, id := range w.idle {
		used, _ := w.observer.trees.read(id)
		r.idle += used
	}
	return r
}

// waited is how long those threads waited that computed between two moments.
func waited(before, after map[int]thread, wall time.Duration) (sum time.Duration) {
	for id, a := range after {
		b := before[id]
		sum += thread{a.ran - b.ran, a.waited - b.waited}.computed(wall)
	}
	return sum
}

// waitedYoung is the same of processes that began within a visit and used so
// much in all. What they used and waited unseen, after the last look at each, is
// taken to be as what was seen.
func waitedYoung(young map[int]span, used time.Duration) (sum time.Duration) {
	var ran time.Duration
	for _, s := range young {
		ran += s.ran
		sum += s.computed(s.lived)
	}
	if ran <= 0 || used <= ran {
		return sum
	}
	return time.Duration(float64(sum) * min(unseen, used.Seconds()/ran.Seconds()))
}

// computed is how long a thread waited, if it computed in that time.
func (t thread) computed(lived time.Duration) time.Duration {
	if (t.ran + t.waited).Seconds() < computing*lived.Seconds() {
		return 0
	}
	return t.waited
}

// threadTime is how long the calling thread ran.
func threadTime() time.Duration {
	var t unix.Timespec
	if unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &t) != nil {
		return 0
	}
	return time.Duration(t.Nano())
}
