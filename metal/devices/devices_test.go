package devices

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/assay-bench/assay/metal"
)

func TestOpen(t *testing.T) {
	ctx := context.Background()
	for _, kind := range []string{"cpu", Auto} {
		dev, err := Open(ctx, kind)
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
	_, err := Open(ctx, "gpu")
	if err == nil || !strings.Contains(err.Error(), "want auto, apple, cuda, cpu, sim") {
		t.Errorf(`"gpu" gave %v`, err)
	}
}

func TestListGivesReasons(t *testing.T) {
	list := List(context.Background())
	if len(list) != len(Kinds())-1 {
		t.Fatalf("listed %d kinds", len(list))
	}
	for _, s := range list {
		if s.Available != (s.Info != nil) || s.Available == (s.Reason != "") {
			t.Errorf("%+v: an available device has Info, another a reason", s)
		}
		if s.Available {
			continue
		}
		if _, err := Open(context.Background(), string(s.Kind)); !errors.Is(err, metal.ErrUnavailable) {
			t.Errorf("%s is not available, and Open says %v", s.Kind, err)
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
		_, err := Among(t.Context(), func(_ context.Context, kind string) (metal.Device, error) {
			tried = append(tried, kind)
			return nil, c.answers[kind]
		}, c.kind, c.able)
		if got := strings.Join(tried, " "); got != c.tried || !errors.Is(err, c.want) || (err != nil && !strings.Contains(err.Error(), c.says)) {
			t.Errorf("%s of %v: tried %q, error %v; want %q, %v", c.kind, c.able, got, err, c.tried, c.want)
		}
	}
}
