package cuda

import (
	"fmt"
	"reflect"

	"github.com/ebitengine/purego"
)

// symbol is the address of a C function that takes integers and pointers and
// returns an int status, which is all of the driver API and NVRTC.
type symbol uintptr

// call makes the C call. Pointers converted to uintptr in the argument list
// stay alive and in place until it returns.
//
//go:uintptrescapes
func (s symbol) call(args ...uintptr) int32 {
	status, _, _ := purego.SyscallN(uintptr(s), args...)
	return int32(status)
}

// driver is the part of libcuda that is used.
type driver struct {
	Init                   symbol `c:"cuInit"`
	DriverGetVersion       symbol `c:"cuDriverGetVersion"`
	DeviceGetCount         symbol `c:"cuDeviceGetCount"`
	DeviceGet              symbol `c:"cuDeviceGet"`
	DeviceGetName          symbol `c:"cuDeviceGetName"`
	DeviceGetAttribute     symbol `c:"cuDeviceGetAttribute"`
	DeviceTotalMem         symbol `c:"cuDeviceTotalMem_v2"`
	DevicePrimaryCtxRetain symbol `c:"cuDevicePrimaryCtxRetain"`
	PrimaryCtxRelease      symbol `c:"cuDevicePrimaryCtxRelease_v2"`
	CtxSetCurrent          symbol `c:"cuCtxSetCurrent"`
	MemAlloc               symbol `c:"cuMemAlloc_v2"`
	MemFree                symbol `c:"cuMemFree_v2"`
	MemsetD8Async          symbol `c:"cuMemsetD8Async"`
	MemcpyHtoDAsync        symbol `c:"cuMemcpyHtoDAsync_v2"`
	MemcpyDtoHAsync        symbol `c:"cuMemcpyDtoHAsync_v2"`
	StreamCreate           symbol `c:"cuStreamCreate"`
	StreamDestroy          symbol `c:"cuStreamDestroy_v2"`
	StreamBeginCapture     symbol `c:"cuStreamBeginCapture_v2"`
	StreamEndCapture       symbol `c:"cuStreamEndCapture"`
	EventCreate            symbol `c:"cuEventCreate"`
	EventDestroy           symbol `c:"cuEventDestroy_v2"`
	EventRecord            symbol `c:"cuEventRecord"`
	EventQuery             symbol `c:"cuEventQuery"`
	EventElapsedTime       symbol `c:"cuEventElapsedTime"`
	ModuleLoadData         symbol `c:"cuModuleLoadData"`
	ModuleUnload           symbol `c:"cuModuleUnload"`
	ModuleGetFunction      symbol `c:"cuModuleGetFunction"`
	ModuleGetGlobal        symbol `c:"cuModuleGetGlobal_v2"`
	FuncGetAttribute       symbol `c:"cuFuncGetAttribute"`
	FuncSetAttribute       symbol `c:"cuFuncSetAttribute"`
	LaunchKernelEx         symbol `c:"cuLaunchKernelEx"`
	GraphDestroy           symbol `c:"cuGraphDestroy"`
	GraphInstantiate       symbol `c:"cuGraphInstantiateWithFlags"`
	GraphExecDestroy       symbol `c:"cuGraphExecDestroy"`
	GraphUpload            symbol `c:"cuGraphUpload"`
	GraphLaunch            symbol `c:"cuGraphLaunch"`
	GetErrorName           symbol `c:"cuGetErrorName"`
	GetErrorString         symbol `c:"cuGetErrorString"`
	CoredumpSetAttribute   symbol `c:"cuCoredumpSetAttributeGlobal" optional:"from CUDA 12.1 on"`
}

// nvrtc is the part of NVRTC that is used.
type nvrtc struct {
	Version              symbol `c:"nvrtcVersion"`
	GetNumSupportedArchs symbol `c:"nvrtcGetNumSupportedArchs"`
	GetSupportedArchs    symbol `c:"nvrtcGetSupportedArchs"`
	CreateProgram        symbol `c:"nvrtcCreateProgram"`
	CompileProgram       symbol `c:"nvrtcCompileProgram"`
	DestroyProgram       symbol `c:"nvrtcDestroyProgram"`
	GetCUBINSize         symbol `c:"nvrtcGetCUBINSize"`
	GetCUBIN             symbol `c:"nvrtcGetCUBIN"`
	GetPTXSize           symbol `c:"nvrtcGetPTXSize"`
	GetPTX               symbol `c:"nvrtcGetPTX"`
	GetProgramLogSize    symbol `c:"nvrtcGetProgramLogSize"`
	GetProgramLog        symbol `c:"nvrtcGetProgramLog"`
}

// bind fills a table of symbols through look, which finds one C function.
// Optional ones are left 0 where they are missing.
func bind(table any, look func(name string) (uintptr, error)) error {
	v := reflect.ValueOf(table).Elem()
	for i := range v.NumField() {
		name := v.Type().Field(i).Tag.Get("c")
		at, err := look(name)
		if _, optional := v.Type().Field(i).Tag.Lookup("optional"); err != nil && optional {
			v.Field(i).SetUint(0) // another library's, of an attempt before this one
			continue
		}
		if err != nil {
			return fmt.Errorf("%s is missing: %w", name, err)
		}
		v.Field(i).SetUint(uint64(at))
	}
	return nil
}
