package front

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/assay-bench/assay/metal"
)

func TestWaitsAreBounded(t *testing.T) {
	live := context.Background()
	dead, cancel := context.WithCancel(live)
	cancel()
	if err := Expired(live, time.Second, time.Minute); err != nil {
		t.Errorf("a short wait ends: %v", err)
	}
	if err := Expired(live, time.Hour, time.Minute); !errors.Is(err, metal.ErrTimeout) {
		t.Errorf("a long wait gives %v", err)
	}
	if err := Expired(dead, time.Second, time.Minute); !errors.Is(err, metal.ErrTimeout) || !errors.Is(err, context.Canceled) {
		t.Errorf("a wait that is called off gives %v", err)
	}
}
