package sdk

import (
	"context"
	"fmt"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/assay-bench/assay/core/proto/pluginv1"
	"github.com/assay-bench/assay/core/sdk/wire"
	"github.com/assay-bench/assay/metal"
)

// yardsticksOf lists what a device can measure of itself. A simulated device has
// no rates to hold anything against.
func yardsticksOf(d metal.Device) []string {
	if _, ok := d.(metal.Yardsticker); !ok || d.Info().Simulated {
		return nil
	}
	return []string{string(metal.Stream), string(metal.Copy)}
}

// MeasureYardstick implements the protocol, on the goroutine that configurations run on. A
// device that cannot measure now, for want of memory, says so in a diagnostic:
// the yardstick is missing, and nothing else is wrong.
func (s *server[C]) MeasureYardstick(ctx context.Context, req *pluginv1.MeasureYardstickRequest) (*pluginv1.MeasureYardstickResponse, error) {
	s.mu.Lock()
	device := s.device
	s.mu.Unlock()
	y, ok := device.(metal.Yardsticker)
	if !ok {
		return nil, status.Error(codes.FailedPrecondition, "MeasureYardstick came before OpenDevice, or to a device that has none")
	}
	var m metal.Moved
	var err error
	s.lane.do(func() {
		quiet := quietGC()
		defer quiet()
		m, err = y.Yardstick(ctx, metal.Yardstick(req.GetYardstick()))
	})
	if err != nil {
		found, perr := protoDiagnostics(advice(err))
		if perr != nil || len(found) == 0 {
			return nil, wire.Status(fmt.Errorf("yardstick: %w", err))
		}
		return &pluginv1.MeasureYardstickResponse{Diagnostics: found}, nil
	}
	return &pluginv1.MeasureYardstickResponse{Bytes: m.Bytes, Ns: m.Time.Nanoseconds()}, nil
}
