package wire

import (
	"errors"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/assay-bench/assay/metal"
)

// Fault classes of a gRPC status message "class: text". A prefix, not status
// details, because every language can write one.
const (
	DeviceFault   = "device_fault"   // a kernel did something the device refuses
	DeviceTimeout = "device_timeout" // a bounded wait on the device ran out
	DeviceLost    = "device_lost"    // the device no longer works in this process
)

// maxText keeps a status message inside the smallest header limit in use.
const maxText = 4 << 10

// Status is the gRPC status of an error that makes a plugin unusable.
func Status(err error) error {
	text := err.Error()
	if len(text) > maxText {
		text = text[:maxText] + " (cut)"
	}
	text = strings.ToValidUTF8(text, "?")
	switch {
	case errors.Is(err, metal.ErrFault):
		return status.Error(codes.Aborted, DeviceFault+": "+text)
	case errors.Is(err, metal.ErrTimeout):
		return status.Error(codes.Aborted, DeviceTimeout+": "+text)
	case errors.Is(err, metal.ErrLost):
		return status.Error(codes.Aborted, DeviceLost+": "+text)
	}
	return status.Error(codes.Internal, text)
}

// FaultClass splits a status message into its class, empty for none, and the text.
func FaultClass(message string) (class, text string) {
	for _, class := range []string{DeviceFault, DeviceTimeout, DeviceLost} {
		if text, ok := strings.CutPrefix(message, class+":"); ok {
			return class, strings.TrimSpace(text)
		}
	}
	return "", message
}
