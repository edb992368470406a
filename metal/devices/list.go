package devices

import (
	"context"
	"fmt"

	"github.com/assay-bench/assay/metal"
)

// Status says whether a device can be used on this machine.
type Status struct {
	Kind      metal.Kind  `json:"kind"`
	Index     int         `json:"index"`
	Available bool        `json:"available"`
	Reason    string      `json:"reason,omitempty"` // why it is not available
	Info      *metal.Info `json:"info,omitempty"`   // when it is
}

// Name is what the user calls the device: "cuda:1", "cpu".
func (s Status) Name() string { return Name(string(s.Kind), s.Index) }

// Name is what a user calls a device: KIND:INDEX, or KIND alone for the kinds of
// which there is one.
func Name(kind string, index int) string {
	for _, o := range openers() {
		if string(o.kind) == kind && o.count != nil {
			return fmt.Sprintf("%s:%d", kind, index)
		}
	}
	return kind
}

// Count is how many devices of that kind this machine shows, without opening
// one. A kind that it has not gives metal.ErrUnavailable with the reason; of cpu
// and sim there is one, whether it can be opened or not.
func Count(kind string) (int, error) {
	for _, o := range openers() {
		switch {
		case string(o.kind) != kind:
			continue
		case o.count == nil:
			return 1, nil
		}
		return o.count()
	}
	return 0, fmt.Errorf("device %q has no count: want one kind, such as cuda", kind)
}

// List tries every device of every kind, opening and closing each. A kind of
// which there is none has one entry, with the reason.
func List(ctx context.Context) []Status {
	var out []Status
	for _, o := range openers() {
		n, err := Count(string(o.kind))
		if err != nil || n == 0 {
			n = 1 // Open has the reason
		}
		for i := range n {
			out = append(out, o.status(ctx, i))
		}
	}
	return out
}

func (o opener) status(ctx context.Context, index int) Status {
	status := Status{Kind: o.kind, Index: index}
	dev, err := o.open(ctx, index)
	if err == nil {
		info := dev.Info()
		status.Available, status.Info = true, &info
		err = dev.Close()
	}
	if err != nil {
		status.Reason = err.Error()
	}
	return status
}
