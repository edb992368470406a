package machine

import (
	"os"
	"testing"
)

// BenchmarkObserve is what the host spends around each visit, outside of it.
func BenchmarkObserve(b *testing.B) {
	o := NewObserver()
	for b.Loop() {
		o.Observe(os.Getpid()).Stop()
	}
}

// BenchmarkLook is what a look for new processes costs while a visit is measured,
// if there are none and if there is one.
func BenchmarkLook(b *testing.B) {
	for name, forget := range map[string]bool{"none": false, "one": true} {
		b.Run(name, func(b *testing.B) {
			o := NewObserver()
			w := o.Observe(os.Getpid())
			close(w.quit)
			<-w.done
			for b.Loop() {
				if forget {
					o.trees.newest = ""
					delete(o.trees.others, 1)
				}
				w.look()
			}
			w.quit = make(chan struct{})
			w.Stop()
		})
	}
}
