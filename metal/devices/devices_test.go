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
