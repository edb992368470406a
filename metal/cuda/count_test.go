package cuda

import (
	"errors"
	"strings"
	"testing"

	"github.com/assay-bench/assay/metal"
)

func TestTheGPUOfThatNumberIsTaken(t *testing.T) {
	for _, c := range []struct {
		gpus    int32
		ordinal int
		says    string // empty: it is taken
	}{
		{1, 0, ""},
		{4, 3, ""},
		{1, 1, "GPU 1 is asked for, the driver shows 0 alone"},
		{4, 4, "GPU 4 is asked for, the driver shows 0 to 3"},
		{4, -1, "GPU -1 is asked for"},
		{0, 0, "the driver shows none"},
	} {
		d, f := fakeDevice(t)
		f.gpus = c.gpus
		err := d.start(c.ordinal)
		if c.says != "" {
			if !errors.Is(err, metal.ErrUnavailable) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%d of %d: %v, want %q", c.ordinal, c.gpus, err, c.says)
			}
			continue
		}
		if err != nil || d.info.Index != c.ordinal || d.ordinal != int32(c.ordinal)+100 {
			t.Errorf("%d of %d: index %d, handle %d, %v", c.ordinal, c.gpus, d.info.Index, d.ordinal, err)
		}
		if err := d.Close(func() {}); err != nil {
			t.Error(err)
		}
	}
}

func TestCount(t *testing.T) {
	d, f := fakeDevice(t)
	f.gpus = 8
	if n, err := d.cu.count(); n != 8 || err != nil {
		t.Errorf("%d, %v, want 8", n, err)
	}
	f.fails["cuInit"] = always(100) // no device
	if _, err := d.cu.count(); !errors.Is(err, metal.ErrUnavailable) {
		t.Errorf("no device: %v", err)
	}
	if n, err := Count(); err == nil && n < 1 || err != nil && !errors.Is(err, metal.ErrUnavailable) {
		t.Errorf("of this machine: %d, %v", n, err)
	}
}
