//go:build !linux

package cuda

func kernelModuleVersion() string { return "" }
