package process

import (
	"strings"
	"testing"

	"github.com/assay-bench/assay/core/proto/pluginv1"
)

// A plugin that only says what it is about to do fills no journal.
func TestIntentsWithoutASample(t *testing.T) {
	v := &visit{p: &Process{}, start: &pluginv1.Start{}, stopSent: true}
	var err error
	n := uint64(0)
	for ; err == nil && n < 10*mostIntents; n++ {
		m := &pluginv1.MeasureResponse{Event: &pluginv1.MeasureResponse_Intent{Intent: &pluginv1.Intent{Seq: n + 1, What: "x"}}}
		_, err = v.event(event{m: m, acked: n})
	}
	if err == nil || n != mostIntents+1 || !strings.Contains(err.Error(), "intents came without a sample") {
		t.Errorf("error %v after %d intents", err, n)
	}
}
