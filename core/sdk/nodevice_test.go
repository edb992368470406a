package sdk_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/assay-bench/assay/core/internal/serving"
	"github.com/assay-bench/assay/core/proto/pluginv1"
	"github.com/assay-bench/assay/core/sdk"
	"github.com/assay-bench/assay/core/sdk/sdktest"
	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/devices"
)

// TestNoDevice: the plugin counts as running on this machine's cpu, which gives
// it nothing.
func TestNoDevice(t *testing.T) {
	var given metal.Device
	p := scriptPlugin()
	prepare := p.Prepare
	p.Prepare = func(ctx context.Context, req sdk.Request[script]) (*sdk.Prepared, error) {
		given = req.Device
		return prepare(ctx, req)
	}
	for _, kind := range []string{"cpu", "auto"} {
		h := sdktest.Start(t, p)
		if !slices.Equal(h.Description.GetDevices(), []string{"cpu"}) {
			t.Errorf("runs on %v", h.Description.GetDevices())
		}
		opened := h.Open(kind)
		cpu, err := devices.Open(t.Context(), "cpu", 0)
		if err != nil {
			t.Fatal(err)
		}
		if i := cpu.Info(); opened.GetKind() != "cpu" || opened.GetName() != i.Name || opened.GetCores() != int32(i.Cores) || opened.GetMemoryBytes() != i.Memory {
			t.Errorf("%s: opened %v, the cpu is %+v", kind, opened, i)
		}
		if err := cpu.Close(); err != nil {
			t.Error(err)
		}
		if _, found := h.Prepare("a", `{"phase":{"load":{}}}`, 1); len(found) > 0 {
			t.Fatal(found)
		}
	}
	_, errBuffer := given.NewBuffer(1)
	_, errCompile := given.Compile(t.Context(), metal.Source{})
	_, errRecord := given.Record()
	_, errSubmit := given.Submit(t.Context(), nil)
	for _, err := range []error{errBuffer, errCompile, errRecord, errSubmit} {
		if err == nil || !strings.Contains(err.Error(), "the plugin says NoDevice") {
			t.Errorf("error %v", err)
		}
	}
	if given.Memory() != (metal.Memory{}) {
		t.Errorf("memory %+v", given.Memory())
	}
	for want, req := range map[string]*pluginv1.OpenDeviceRequest{
		"plugin does not run on cuda": {Kind: "cuda"},
		"measured as cpu":             {Kind: "cpu", Index: 1},
	} {
		r, err := sdktest.Start(t, p).Client.OpenDevice(t.Context(), req)
		if err != nil || len(r.GetDiagnostics()) != 1 || !strings.Contains(r.GetDiagnostics()[0].String(), want) {
			t.Errorf("%v: %v, %v, want %q", req, r, err, want)
		}
	}
	p.Devices = []string{"cuda"}
	if _, err := sdk.NewServer(p, serving.Options{}); err == nil || !strings.Contains(err.Error(), "says NoDevice and runs on cuda") {
		t.Errorf("no device and one: %v", err)
	}
}

func TestDeviceIndex(t *testing.T) {
	h := host(t)
	r, err := h.Client.OpenDevice(t.Context(), &pluginv1.OpenDeviceRequest{Kind: "cpu", Index: 3})
	if err != nil || r.GetDevice().GetIndex() != 3 {
		t.Errorf("%v, %v, want index 3", r, err)
	}
	p := testPlugin(new(int))
	p.OpenDevice = nil
	r, err = sdktest.Start(t, p).Client.OpenDevice(t.Context(), &pluginv1.OpenDeviceRequest{Kind: "cpu", Index: 3})
	if err != nil || len(r.GetDiagnostics()) != 1 || r.GetDiagnostics()[0].GetCode() != "device_unavailable" {
		t.Errorf("%v, %v, want advice: there is one cpu", r, err)
	}
}
