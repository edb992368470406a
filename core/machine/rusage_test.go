package machine

import (
	"encoding/binary"
	"testing"
	"time"
)

// A made-up answer of the kernel, every number of which differs.
func TestParseUsage(t *testing.T) {
	raw := make([]byte, 0, usageBytes)
	raw = append(raw, "sixteen bytes id"...)
	for i := range 35 {
		raw = binary.LittleEndian.AppendUint64(raw, uint64(24_000_000*(i+1))) // seconds, at 24 MHz
	}
	got, err := parseUsage(raw, timebase{125, 3})
	// User 1 and system 2 seconds; children 11 and 12; runnable 35.
	want := usage{ran: 3 * time.Second, runnable: 35 * time.Second, children: 23 * time.Second, rss: 7 * 24_000_000}
	if err != nil || got != want {
		t.Errorf("%+v, error %v; want %+v", got, err, want)
	}
	if got.waited() != 32*time.Second {
		t.Errorf("waited %v", got.waited())
	}
	if w := (usage{ran: 2, runnable: 1}).waited(); w != 0 {
		t.Errorf("of threads whose times were read at different moments: waited %v", w)
	}
	for name, raw := range map[string][]byte{"nothing": nil, "an older structure": raw[:usageBytes-8]} {
		if _, err := parseUsage(raw, timebase{125, 3}); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
	if _, err := parseUsage(raw, timebase{}); err == nil {
		t.Error("ticks of no length are taken")
	}
	if d := (timebase{1, 1}).duration(1 << 40); d != 1<<40 {
		t.Errorf("%v", d)
	}
}
