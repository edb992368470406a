package devices

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/assay-bench/assay/metal"
)

func TestOpen(t *testing.T) {
	ctx := context.Background()
	for _, kind := range []string{"cpu", Auto} {
		dev, err := Open(ctx, kind, 0)
		if err != nil {
			t.Fatalf("%s: %v", kind, err)
		}
		info := dev.Info()
		if kind == "cpu" && info.Kind != metal.CPU || info.Kind == metal.Sim || info.Name == "" {
			t.Errorf("%s opened %+v", kind, info)
		}
		if err := dev.Close(); err != nil {
			t.Error(err)
		}
	}
	_, err := Open(ctx, "gpu", 0)
	if err == nil || !strings.Contains(err.Error(), "want auto, apple, cuda, cpu, sim") {
		t.Errorf(`"gpu" gave %v`, err)
	}
}

// auto takes no device whose times are no measurements, and closes it.
func TestAutoTakesWhatCanBeMeasured(t *testing.T) {
	for _, simulated := range []bool{false, true} {
		dev := &fake{info: metal.Info{Kind: metal.Apple, Name: "Apple Paravirtual device", Simulated: simulated}}
		open := func(_ context.Context, kind string, _ int) (metal.Device, error) {
			if kind == string(metal.Apple) {
				return dev, nil
			}
			return nil, fmt.Errorf("%s: %w", kind, metal.ErrUnavailable)
		}
		got, err := Among(t.Context(), open, Auto, 0, []string{"apple", "cuda"})
		if simulated != (got == nil) || simulated != errors.Is(err, metal.ErrUnavailable) || simulated != dev.closed {
			t.Errorf("simulated %t: device %v, closed %t, error %v", simulated, got, dev.closed, err)
		}
		if simulated && !strings.Contains(err.Error(), "its times are no measurements (Apple Paravirtual device)") {
			t.Error(err)
		}
		if _, err := Among(t.Context(), open, "apple", 0, []string{"apple"}); err != nil {
			t.Errorf("simulated %t, by its name: %v", simulated, err)
		}
	}
}

type fake struct {
	metal.Device
	info   metal.Info
	closed bool
}

func (f *fake) Info() metal.Info { return f.info }

func (f *fake) Close() error {
	f.closed = true
	return nil
}

func TestIndex(t *testing.T) {
	for name, c := range map[string]struct {
		kind  string
		index int
		says  string
	}{
		"cpu":      {"cpu", 1, `device cpu:1: device is not available: there is one cpu, and it has no index; write "cpu"`},
		"sim":      {"sim", 3, "there is one sim"},
		"negative": {"cpu", -1, "device cpu:-1"},
		"auto":     {Auto, 1, "device auto:1: auto has no index; name the kind too, as in cuda:1"},
	} {
		if _, err := Open(t.Context(), c.kind, c.index); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, want %q", name, err, c.says)
		}
	}
	for _, kind := range []string{"apple", "cuda"} { // more than any machine has
		if _, err := Open(t.Context(), kind, 1000); !errors.Is(err, metal.ErrUnavailable) {
			t.Errorf("%s:1000: %v", kind, err)
		}
	}
	for want, s := range map[string]Status{"cuda:1": {Kind: metal.CUDA, Index: 1}, "apple:0": {Kind: metal.Apple}, "cpu": {Kind: metal.CPU}, "sim": {Kind: metal.Sim}} {
		if got := s.Name(); got != want {
			t.Errorf("%+v is called %s, want %s", s, got, want)
		}
	}
}

func TestListGivesReasons(t *testing.T) {
	list := List(context.Background())
	kinds := map[string]int{}
	for _, s := range list {
		if s.Index != kinds[string(s.Kind)] || s.Info != nil && s.Info.Index != s.Index {
			t.Errorf("%s is listed at index %d, Info %+v", s.Kind, s.Index, s.Info)
		}
		kinds[string(s.Kind)]++
		if s.Available != (s.Info != nil) || s.Available == (s.Reason != "") {
			t.Errorf("%+v: an available device has Info, another a reason", s)
		}
		if s.Available {
			continue
		}
		if _, err := Open(context.Background(), string(s.Kind), s.Index); !errors.Is(err, metal.ErrUnavailable) {
			t.Errorf("%s is not available, and Open says %v", s.Name(), err)
		}
	}
	for _, kind := range Kinds() {
		n, err := Count(kind)
		if kind == Auto {
			if err == nil || kinds[kind] != 0 {
				t.Errorf("auto is no kind of its own: %d listed, Count %d, %v", kinds[kind], n, err)
			}
		} else if kinds[kind] != max(n, 1) {
			t.Errorf("%d of kind %s are listed, Count says %d, %v", kinds[kind], kind, n, err)
		}
	}
}

func TestAmong(t *testing.T) {
	broken := errors.New("the driver is broken")
	for _, c := range []struct {
		kind    string
		able    []string
		answers map[string]error // nil: opens
		tried   string
		want    error
		says    string
	}{
		{Auto, nil, map[string]error{Auto: nil}, "auto", nil, ""},
		{"sim", []string{"cpu"}, map[string]error{"sim": nil}, "sim", nil, ""},
		{Auto, []string{"cpu", "cuda"}, map[string]error{"cuda": nil}, "cuda", nil, ""},
		{Auto, []string{"cpu", "cuda"}, map[string]error{"cuda": metal.ErrUnavailable}, "cuda cpu", nil, ""},
		{Auto, []string{"cpu", "cuda"}, map[string]error{"cuda": broken}, "cuda", broken, "broken"},
		{Auto, []string{"sim", "cuda", "apple"}, map[string]error{"apple": metal.ErrUnavailable, "cuda": metal.ErrUnavailable}, "apple cuda", metal.ErrUnavailable, "this machine has no apple or cuda: "},
		{Auto, []string{"sim"}, nil, "", metal.ErrUnavailable, "auto takes none of sim"},
	} {
		var tried []string
		_, err := Among(t.Context(), func(_ context.Context, kind string, index int) (metal.Device, error) {
			tried = append(tried, kind)
			if index != 0 {
				t.Errorf("index %d", index)
			}
			return nil, c.answers[kind]
		}, c.kind, 0, c.able)
		if got := strings.Join(tried, " "); got != c.tried || !errors.Is(err, c.want) || (err != nil && !strings.Contains(err.Error(), c.says)) {
			t.Errorf("%s of %v: tried %q, error %v; want %q, %v", c.kind, c.able, got, err, c.tried, c.want)
		}
	}
}

func TestAmongHandsTheIndexOn(t *testing.T) {
	open := func(_ context.Context, kind string, index int) (metal.Device, error) {
		return nil, errors.New(Name(kind, index))
	}
	if _, err := Among(t.Context(), open, "cuda", 2, []string{"cuda"}); err.Error() != "cuda:2" {
		t.Errorf("opened %v", err)
	}
	if _, err := Among(t.Context(), Open, Auto, 2, []string{"cpu"}); err == nil || !strings.Contains(err.Error(), "auto has no index") {
		t.Errorf("auto with an index: %v", err)
	}
}
