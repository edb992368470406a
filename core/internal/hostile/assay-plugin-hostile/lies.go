package main

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"strings"
	"syscall"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/assay-bench/assay/core/proto/pluginv1"
)

// before misbehaves before the first sample; true ends the visit there.
func (v *visit) before() (ended bool, err error) {
	switch v.Mode {
	case "done-first":
		return true, v.done()
	case "measure-nothing":
		return true, nil
	case "measure-status":
		return true, status.Error(codes.Unavailable, text)
	case "heartbeats-forever":
		if v.counted() {
			return true, v.heartbeats(20 * time.Millisecond)
		}
	case "diagnostics-flood":
		for i := range 5000 {
			if err := v.diagnose(warning("flood", fmt.Sprint(i))); err != nil {
				return true, err
			}
		}
	case "diagnostics-text":
		fmt.Fprintln(os.Stderr, "stderr "+text)
		fmt.Fprintln(os.Stderr, `{"@level":"error","@message":"log \u001b[2J\u001b]0;owned\u0007","key\u001b[31m":"v\u001b[2J"}`)
		return false, v.diagnose(warning(text, text))
	case "stderr-bytes":
		_, _ = os.Stderr.Write([]byte("\xff\xfe\x00\x80bytes\n"))
	case "stderr-flood":
		block := bytes.Repeat([]byte("0123456789abcde\n"), 65536)
		for range 16 {
			_, _ = os.Stderr.Write(block)
		}
	case "eat-descriptors":
		for i := 0; i < 100; i++ {
			_, _, _ = syscall.Syscall(syscall.SYS_DUP, 2, 0, 0)
		}
	}
	return false, nil
}

func (v *visit) diagnose(d *pluginv1.Diagnostic) error {
	return v.send(&pluginv1.MeasureResponse{Event: &pluginv1.MeasureResponse_Diagnostic{Diagnostic: d}})
}

// disturb misbehaves before the second sample of a visit is sent. It returns true
// where that sample is kept back.
func (v *visit) disturb() bool {
	if !v.counted() || v.n != 2 {
		return false
	}
	switch v.Mode {
	case "panic":
		go panic("planted panic" + text)
		time.Sleep(whileServed)
	case "segv":
		die(syscall.SIGSEGV)
	case "abort":
		die(syscall.SIGABRT)
	case "kill-self":
		die(syscall.SIGKILL)
	case "stop-self":
		die(syscall.SIGSTOP)
	case "exit-0":
		os.Exit(0)
	case "exit-3":
		os.Exit(3)
	case "close-all":
		for fd := range 64 {
			_ = syscall.Close(fd)
		}
		time.Sleep(whileServed)
	case "die-with-children":
		spawn(3)
		die(syscall.SIGKILL)
	case "measure-hang":
		time.Sleep(whileServed)
	}
	return false
}

// die waits for the signal to act; after SIGSTOP nothing runs.
func die(s syscall.Signal) {
	_ = syscall.Kill(os.Getpid(), s)
	time.Sleep(whileServed)
}

// lie changes what a sample says.
func (v *visit) lie(x *pluginv1.Sample) {
	switch v.Mode {
	case "async-all":
		x.WallNs, x.DeviceNs, x.EncodeNs = x.WallNs/10, x.WallNs/10, 1
	case "device-over-wall":
		x.DeviceNs = x.WallNs * 10
	}
	if v.counted() {
		v.lieOfVisit(x)
	}
	if v.counted() && v.n == 2 {
		v.lieOnce(x)
	}
}

func (v *visit) lieOfVisit(x *pluginv1.Sample) {
	switch v.Mode {
	case "async": // a kernel timed without waiting for it
		x.WallNs, x.DeviceNs, x.EncodeNs = x.WallNs/10, x.WallNs/10, 1
	case "time-one-ns":
		x.WallNs, x.DeviceNs, x.EncodeNs = 1, 1, 0
	case "time-huge":
		x.WallNs = math.MaxInt64
	case "time-overflow":
		x.WallNs = math.MaxInt64/2 + 100
	case "iterations-doubled":
		x.Iterations *= 2
	}
}

func (v *visit) lieOnce(x *pluginv1.Sample) {
	switch v.Mode {
	case "fast-one": // verdicts rest on a visit's fastest sample
		x.WallNs, x.DeviceNs, x.EncodeNs = x.WallNs/10, x.WallNs/10, 1
	case "time-negative":
		x.WallNs = -5
	case "time-zero":
		x.WallNs = 0
	case "encode-over-wall":
		x.EncodeNs = math.MaxInt64
	case "iterations-huge":
		x.Iterations = math.MaxUint64
	case "iterations-zero":
		x.Iterations = 0
	case "number-twice":
		x.Seq--
	case "number-skipped":
		x.Seq += 5
	case "number-back":
		x.Seq = 1
	case "digest-wrong":
		x.ConfigDigest = "sha256:00"
	case "metrics-nan":
		x.Metrics = map[string]float64{"rel_err": math.NaN(), "i": math.Inf(-1)}
	case "metrics-text":
		x.Metrics = map[string]float64{text: 1}
	case "metrics-many":
		x.Metrics = map[string]float64{}
		for i := range 10_000 {
			x.Metrics[fmt.Sprint("m", i)] = 1
		}
	case "message-huge":
		x.Metrics = map[string]float64{strings.Repeat("k", 17<<20): 1}
	}
}

// after ends a visit, or does not.
func (v *visit) after() error {
	switch v.Mode {
	case "never-done":
		time.Sleep(whileServed)
	case "never-done-heartbeats":
		return v.heartbeats(50 * time.Millisecond)
	case "no-done":
		return nil
	case "done-and-more":
		if err := v.done(); err != nil {
			return err
		}
		for range 1000 {
			if v.heartbeat() != nil {
				return nil
			}
		}
		return status.Error(codes.Internal, "after the end")
	}
	return v.done()
}
