package sdk_test

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"testing"

	"github.com/assay-bench/assay/core/proto/pluginv1"
	"github.com/assay-bench/assay/core/sdk/sdktest"
)

func digest(config string) string {
	sum := sha256.Sum256([]byte(config))
	return "sha256:" + hex.EncodeToString(sum[:])
}

// measure runs a visit that acks the first number with ack and returns how the
// stream ended.
func measure(t *testing.T, h *sdktest.Host, start *pluginv1.Start, ack uint64) error {
	t.Helper()
	stream, err := h.Client.Measure(t.Context())
	if err != nil {
		return err
	}
	send := func(m *pluginv1.MeasureRequest) {
		if err := stream.Send(m); err != nil && !errors.Is(err, io.EOF) {
			t.Fatal(err)
		}
	}
	send(&pluginv1.MeasureRequest{Message: &pluginv1.MeasureRequest_Start{Start: start}})
	for {
		m, err := stream.Recv()
		if err != nil || m.GetDone() != nil {
			return err
		}
		send(&pluginv1.MeasureRequest{Message: &pluginv1.MeasureRequest_Ack{Ack: &pluginv1.Ack{Seq: ack}}})
	}
}
