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
