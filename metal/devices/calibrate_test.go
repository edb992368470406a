package devices

import (
	"context"
	"testing"
)

func TestCalibrateCPU(t *testing.T) {
	dev, err := Open(context.Background(), "cpu", 0)
	if err != nil {
		t.Fatal(err)
	}
	defer dev.Close()
	c, err := Calibrate(context.Background(), dev)
	if err != nil {
		t.Fatal(err)
	}
	if c.StreamBytesPerSecond < 1e8 || c.CopyBytesPerSecond < 1e8 || c.Submit <= 0 || c.Replay <= 0 {
		t.Errorf("calibration %+v is not plausible", c)
	}
	if left := dev.Memory().Current; left != 0 {
		t.Errorf("%d bytes are left on the device", left)
	}
}
