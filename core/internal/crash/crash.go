// Package crash ends the host with one exit status when it crashes, whichever
// goroutine panics. Goroutines of the host are started by Go, and main defers
// Catch; a test finds those that are started otherwise.
//
// What Go does not let a program catch is a panic in a goroutine that a library
// started, and a fatal error of the runtime, such as two writers of one map. Go
// ends these with status 2, which scripts take for bad usage. Traceback makes it
// end them by SIGABRT instead, which is 134 in a shell.
//
// It imports nothing of the host.
package crash

import (
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"sync"
)

// Status is the exit status of a crash of the host: EX_SOFTWARE of sysexits.h.
const Status = 70

// Traceback makes crashes that cannot be caught end by SIGABRT. Call it first.
func Traceback() { debug.SetTraceback("crash") }

// Go runs f in a goroutine whose panic ends the process with Status.
func Go(f func()) {
	go func() { //nolint:forbidigo // the one place
		defer Catch()
		f()
	}()
}

// Catch is deferred: it reports a panic and ends the process with Status.
func Catch() {
	if p := recover(); p != nil {
		end(os.NewFile(2, "stderr"), p, debug.Stack())
	}
}

// once lets the first of several panics be reported whole.
var once sync.Mutex

// end writes to descriptor 2 itself: go-plugin may have put another file into
// os.Stderr.
func end(w io.Writer, p any, stack []byte) {
	once.Lock() // never unlocked: the process ends
	fmt.Fprintf(w, "\nassay: crashed: %q\n%s\nThis is a fault of assay; please report it with the text above. What was measured is in the session's journal: `assay resume` goes on, and `assay recover SESSION` makes documents of it.\n", fmt.Sprint(p), stack)
	os.Exit(Status)
}
