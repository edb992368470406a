package cuda

import (
	"fmt"
	"unsafe"

	"github.com/assay-bench/assay/metal"
)

// Device attributes. CUDA driver API, enum CUdevice_attribute.
const (
	attrMultiprocessors = 16
	attrL2Bytes         = 38
	attrMajor           = 75
	attrMinor           = 76
	attrSharedOptin     = 97
	attrClockKHz        = 13
)

// describe fills Info.
func (d *device) describe() error {
	var name [256]byte
	if err := d.cu.check("cuDeviceGetName", d.cu.DeviceGetName.call(uintptr(unsafe.Pointer(&name[0])), uintptr(len(name)), uintptr(d.ordinal))); err != nil {
		return err
	}
	var memory uint64
	if err := d.cu.check("cuDeviceTotalMem", d.cu.DeviceTotalMem.call(uintptr(unsafe.Pointer(&memory)), uintptr(d.ordinal))); err != nil {
		return err
	}
	var version int32
	if err := d.cu.check("cuDriverGetVersion", d.cu.DriverGetVersion.call(uintptr(unsafe.Pointer(&version)))); err != nil {
		return err
	}
	d.info = metal.Info{
		Kind: metal.CUDA, Name: goString(&name[0]),
		Family: fmt.Sprintf("sm_%d%d", d.attribute(attrMajor), d.attribute(attrMinor)),
		Cores:  d.attribute(attrMultiprocessors), Memory: int64(memory), LastCache: int64(d.attribute(attrL2Bytes)),
		Driver: fmt.Sprintf("CUDA %d.%d", version/1000, version%1000/10),
		Facts:  map[string]string{"clock_khz": fmt.Sprint(d.attribute(attrClockKHz))},
	}
	if v := kernelModuleVersion(); v != "" {
		d.info.Driver = "driver " + v + ", " + d.info.Driver
	}
	return nil
}

// attribute of the GPU, 0 when the driver does not know it.
func (d *device) attribute(which int) int {
	var v int32
	if d.cu.DeviceGetAttribute.call(uintptr(unsafe.Pointer(&v)), uintptr(which), uintptr(d.ordinal)) != 0 {
		return 0
	}
	return int(v)
}

func (d *device) capability() int { return 10*d.attribute(attrMajor) + d.attribute(attrMinor) }
