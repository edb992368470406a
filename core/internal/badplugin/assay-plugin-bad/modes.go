package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"time"
	"unsafe"

	"github.com/assay-bench/assay/core/internal/badplugin"
	"github.com/assay-bench/assay/core/sdk"
	"github.com/assay-bench/assay/metal"
)

var modes = []string{
	"none", "panic", "fault", "segv", "abort", "sigkill", "exit3", "hang", "stop", "slow-start",
	"stdout-flood", "stderr-flood", "bad-log", "fork", "daemon", "error", "user-error",
	"device-fault", "device-timeout", "device-lost", "no-room", "gpu-line",
	"lie-seq", "no-wait", "wrong-digest", "no-done", "early-done", "huge", "beats", "no-end", "diagnostics", "bad-schema", "bad-proposal", "deadly-proposal", "noisy", "slow",
	"fast", "long", "remembers", "works-on", "stale", "device-time", "encode-time", "no-time", "largest-time", "more", "lying-check", "other-checks", "bandwidth",
	"other-device", "other-description",
}

// misbehave acts when the configuration names this call and batch.
func (c config) misbehave(at string, batch int) error {
	if c.At != at || (at == "measure" && c.Sample != batch) {
		return nil
	}
	return misbehave(c.Mode)
}

// misbehave does what mode says. It returns for modes that only disturb.
func misbehave(mode string) error {
	switch mode {
	case "panic":
		panic("planted panic")
	case "fault":
		address := uintptr(0xdead0000) // not mapped
		fmt.Println(*(*int)(*(*unsafe.Pointer)(unsafe.Pointer(&address))))
	case "segv":
		signalSelf(syscall.SIGSEGV)
	case "abort":
		signalSelf(syscall.SIGABRT)
	case "sigkill":
		signalSelf(syscall.SIGKILL)
	case "stop":
		signalSelf(syscall.SIGSTOP)
	case "exit3":
		os.Exit(3)
	case "plain":
		return os.Unsetenv("PLUGIN_CLIENT_CERT")
	case "plain-outside":
		return errors.Join(os.Unsetenv("PLUGIN_CLIENT_CERT"), os.Setenv("PLUGIN_UNIX_SOCKET_DIR", os.TempDir()))
	case "hang", "slow-start":
		if there := os.Getenv(badplugin.EnvThere); there != "" {
			if err := os.WriteFile(there, nil, 0o600); err != nil {
				return err
			}
		}
		time.Sleep(time.Hour)
	case "stdout-flood":
		flood(1)
	case "stderr-flood":
		flood(2)
	case "bad-log":
		fmt.Fprintln(os.Stderr, `{"@level":7,"@message":42,"@timestamp":[]}`)
	case "fork":
		child := exec.Command("sleep", "600")
		child.Stderr = os.Stderr
		if err := child.Start(); err != nil {
			return err
		}
	case "daemon": // leaves the group and the session, and clings to what it inherits
		child := exec.Command("sh", "-c", "trap '' TERM HUP INT; (sleep 600 & sleep 600) & sleep 600")
		child.Stdout, child.Stderr = os.Stdout, os.Stderr
		child.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
		if err := child.Start(); err != nil {
			return err
		}
	case "error":
		return errors.New("planted error")
	case "user-error":
		return sdk.Diagnostic{Path: "mode", Summary: "planted advice", Detail: "use another mode", Code: "planted"}
	case "device-fault":
		return fmt.Errorf("kernel spin, thread 7: %w", metal.ErrFault)
	case "device-timeout":
		return fmt.Errorf("after 1s: %w", metal.ErrTimeout)
	case "device-lost":
		return fmt.Errorf("queue 0: %w", metal.ErrLost)
	case "no-room":
		return fmt.Errorf("80 GB of weights: %w", metal.ErrOutOfMemory)
	case "gpu-line":
		fmt.Fprintln(os.Stderr, "Execution of the command buffer was aborted due to an error during execution. Caused GPU Hang Error (00000003:kIOGPUCommandBufferCallbackErrorHang)")
		time.Sleep(time.Hour)
	}
	return nil
}

// signalSelf waits for the signal to act; after SIGSTOP nothing runs.
func signalSelf(s syscall.Signal) {
	_ = syscall.Kill(os.Getpid(), s)
	time.Sleep(10 * time.Second)
}

// flood writes past every buffer, straight to the descriptor.
func flood(fd int) {
	_, _ = syscall.Write(fd, append(bytes.Repeat([]byte("x"), 1<<20), '\n'))
	block := bytes.Repeat([]byte("noise from native code\n"), 4096)
	for written := 0; written < 8<<20; written += len(block) {
		_, _ = syscall.Write(fd, block)
	}
}
