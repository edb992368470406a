package process_test

import (
	"context"
	"errors"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/assay-bench/assay/core/process"
	"github.com/assay-bench/assay/core/proto/pluginv1"
)

// TestMisbehaviour runs a visit of six samples for every way to misbehave and
// tells what must have been noticed, and how many samples survive it. Sample n
// is timed batch n: a mode that acts at batch 3 leaves two samples.
func TestMisbehaviour(t *testing.T) {
	tests := []struct {
		mode, at string
		want     string // Death.String()
		samples  int
		contains string // in the error's text
	}{
		{mode: "panic", at: "measure", want: "panic", samples: 2, contains: "during measure decode: panic: planted panic"},
		{mode: "fault", at: "measure", want: "signal(SIGSEGV)", samples: 2},
		{mode: "segv", at: "measure", want: "signal(SIGSEGV)", samples: 2},
		{mode: "abort", at: "measure", want: "signal(SIGABRT)", samples: 2},
		{mode: "sigkill", at: "measure", want: "signal(killed)", samples: 2},
		{mode: "exit3", at: "measure", want: "exited(3)", samples: 2},
		{mode: "hang", at: "measure", want: "hang(measure decode)", samples: 2, contains: "silent for 1s"},
		{mode: "stop", at: "measure", want: "hang(measure decode)", samples: 2},
		{mode: "error", at: "measure", want: "plugin_error", samples: 2, contains: "decode, 10 iterations: planted error"},
		{mode: "device-fault", at: "measure", want: "gpu_fault(device_fault: decode, 10 iterations: kernel spin, thread 7: kernel fault)", samples: 2},
		{mode: "device-timeout", at: "measure", want: "hang(measure decode)", samples: 2, contains: "device_timeout"},
		{mode: "device-lost", at: "measure", want: "gpu_fault(device_lost: decode, 10 iterations: queue 0: device is lost)", samples: 2},
		{mode: "gpu-line", at: "measure", want: "gpu_fault(Execution", samples: 2},
		{mode: "lie-seq", want: "protocol", samples: 2, contains: "sequence number 5 came where 4 was due"},
		{mode: "no-wait", want: "protocol", samples: 3, contains: "sent before 4 was acknowledged"},
		{mode: "wrong-digest", want: "protocol", samples: 2, contains: "sample 4 is of configuration sha256:0000"},
		{mode: "no-done", want: "protocol", samples: 6, contains: "ended without Done"},
		{mode: "early-done", want: "protocol", samples: 2, contains: "ended after 2 samples of 6"},
		{mode: "huge", want: "protocol", samples: 2, contains: "larger than max"},

		{mode: "stdout-flood", at: "measure", want: "none", samples: 6},
		{mode: "stderr-flood", at: "measure", want: "none", samples: 6},
		{mode: "bad-log", at: "measure", want: "none", samples: 6},
		{mode: "fork", at: "measure", want: "none", samples: 6},
		{mode: "noisy", at: "measure", want: "none", samples: 6},
		{mode: "slow", at: "measure", want: "none", samples: 6},

		{mode: "panic", at: "prepare", want: "panic", contains: "during prepare"},
		{mode: "hang", at: "prepare", want: "hang(prepare)"},
		{mode: "exit3", at: "prepare", want: "exited(3)"},
		{mode: "error", at: "prepare", want: "plugin_error", contains: "prepare: planted error"},
		{mode: "panic", at: "release", want: "panic", samples: 6, contains: "during release"},
		{mode: "error", at: "release", want: "plugin_error", samples: 6},
	}
	for _, tt := range tests {
		t.Run(tt.mode+"@"+tt.at, func(t *testing.T) {
			t.Parallel()
			p, logs := start(t, "")
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			silence := time.Minute
			if tt.mode == "hang" || tt.mode == "stop" {
				silence = time.Second
			}
			if tt.at == "prepare" && tt.mode == "hang" {
				var stop context.CancelFunc
				ctx, stop = context.WithTimeout(ctx, 500*time.Millisecond)
				defer stop()
			}
			config := map[string]any{"mode": tt.mode, "sample": 3, "iteration_ns": 10_000}
			if tt.at != "" {
				config["at"] = tt.at
			}
			samples, err := visit(ctx, t, p, config, 6, silence)
			if len(samples) != tt.samples {
				t.Errorf("samples delivered = %d, want %d", len(samples), tt.samples)
			}
			if tt.want == "none" {
				if err != nil {
					t.Fatal(err)
				}
				if d := p.Stop(t.Context()); d.Died() {
					t.Errorf("death = %+v", d)
				}
				mustBeGone(t, p)
				return
			}
			var death *process.DeathError
			if !errors.As(err, &death) {
				t.Fatalf("err = %v, want a death", err)
			}
			if !strings.HasPrefix(death.Death.String(), tt.want) {
				t.Errorf("death = %s, want %s\n%s", death.Death, tt.want, logs)
			}
			if !strings.Contains(err.Error(), tt.contains) {
				t.Errorf("error %q lacks %q", err, tt.contains)
			}
			if tt.at == "measure" {
				if death.Death.Acked != 3 || death.Death.Intent != "run decode on the device" {
					t.Errorf("last acked %d, intent %q; want 3 and the intent", death.Death.Acked, death.Death.Intent)
				}
			}
			mustBeGone(t, p)
		})
	}
}

// mustBeGone: no process of the group is left, zombies included.
func mustBeGone(t *testing.T, p *process.Process) {
	t.Helper()
	deadline := time.Now().Add(5 * time.Second)
	for !errors.Is(syscall.Kill(-p.PID(), 0), syscall.ESRCH) {
		if time.Now().After(deadline) {
			t.Fatalf("process group %d is still there", p.PID())
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func TestMisbehaviourBeforeACase(t *testing.T) {
	tests := []struct {
		early, want, contains string
	}{
		{"panic@start", "panic", "planted panic"},
		{"exit3@start", "exited(3)", "during start"},
		{"slow-start@start", "hang(start)", "hang(start): not ready after"},
		{"stop@start", "hang(start)", ""},
		{"panic@describe", "panic", "during describe"},
		{"stop@describe", "hang(describe)", ""},
		{"error@describe", "plugin_error", "planted error"},
		{"huge@describe", "protocol", "larger than max"},
		{"fault@open", "signal(SIGSEGV)", "during open"},
		{"device-lost@open", "gpu_fault(device_lost", ""},
	}
	for _, tt := range tests {
		t.Run(tt.early, func(t *testing.T) {
			t.Parallel()
			limit := time.Minute
			if strings.HasPrefix(tt.want, "hang(start)") {
				limit = 700 * time.Millisecond
			}
			p, logs, err := tryStart(t, tt.early, process.Options{StartTimeout: limit})
			if err == nil {
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				if strings.HasPrefix(tt.want, "hang(") {
					ctx, cancel = context.WithTimeout(ctx, 500*time.Millisecond)
					defer cancel()
				}
				if _, err = p.Describe(ctx, &pluginv1.DescribeRequest{}); err == nil {
					_, err = p.OpenDevice(t.Context(), &pluginv1.OpenDeviceRequest{Kind: "cpu"})
				}
			}
			var death *process.DeathError
			if !errors.As(err, &death) {
				t.Fatalf("err = %v, want a death", err)
			}
			if !strings.HasPrefix(death.Death.String(), tt.want) || !strings.Contains(err.Error(), tt.contains) {
				t.Errorf("error %q, death %s, want %s with %q\n%s", err, death.Death, tt.want, tt.contains, logs)
			}
			if death.Death.PID > 0 && !errors.Is(syscall.Kill(-death.Death.PID, 0), syscall.ESRCH) {
				t.Errorf("process group %d is still there", death.Death.PID)
			}
		})
	}
}

// A visit without a number of samples, as a warm-up is, lasts until the host
// ends it.
func TestDoneBeforeStopIsAViolation(t *testing.T) {
	p, _ := start(t, "")
	samples, err := visit(t.Context(), t, p, map[string]any{"mode": "early-done", "iteration_ns": 10_000}, 0, time.Minute)
	var death *process.DeathError
	if !errors.As(err, &death) || death.Death.Kind != process.KindProtocol || !strings.Contains(err.Error(), "after 2 samples, before the host asked") {
		t.Errorf("error %v after %d samples, want a violation of the protocol after 2", err, len(samples))
	}
}
