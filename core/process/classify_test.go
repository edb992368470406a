package process

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/hashicorp/go-hclog"
)

func TestClassify(t *testing.T) {
	goPanic := []string{"panic: index out of range [3]", "", "goroutine 1 [running]:"}
	nilPanic := []string{"panic: runtime error: invalid memory address", "[signal SIGSEGV: segmentation violation code=0x1 addr=0x0]"}
	fault := []string{"fatal error: fault", "[signal SIGSEGV: segmentation violation code=0x1 addr=0xdead0000 pc=0x1]"}
	sent := []string{"SIGABRT: abort", "PC=0x1 m=0 sigcode=0"}
	deadlock := []string{"fatal error: all goroutines are asleep - deadlock!"}
	tests := []struct {
		name   string
		e      evidence
		kind   Kind
		detail string
		signal string
	}{
		{"runs", evidence{}, KindNone, "", ""},
		{"stopped", evidence{exited: true, cause: cause{kind: KindNone, text: "stopped"}}, KindNone, "stopped", ""},
		{"exit 3", evidence{exited: true, code: 3}, KindExited, "", ""},
		{"exit 0 unasked", evidence{exited: true}, KindExited, "ended before the host asked it to", ""},
		{"exit 2 without text", evidence{exited: true, code: 2}, KindExited, "", ""},
		{"orphan", evidence{exited: true, code: 86}, KindExited, "its lifeline to the host closed", ""},
		{"panic", evidence{exited: true, code: 2, crash: goPanic}, KindPanic, goPanic[0], ""},
		{"nil panic is a panic", evidence{exited: true, code: 2, crash: nilPanic}, KindPanic, nilPanic[0], ""},
		{"native fault", evidence{exited: true, code: 2, crash: fault}, KindSignal, "fatal error: fault", "SIGSEGV"},
		{"sent signal", evidence{exited: true, code: 2, crash: sent}, KindSignal, "SIGABRT: abort", "SIGABRT"},
		{"deadlock", evidence{exited: true, code: 2, crash: deadlock}, KindPanic, deadlock[0], ""},
		{"panic text, other status", evidence{exited: true, code: 5, crash: goPanic}, KindExited, "", ""},
		{"SIGKILL", evidence{exited: true, code: -1, signal: syscall.SIGKILL, oom: oomUnchanged}, KindSignal, "", "killed"},
		{"SIGKILL, memory", evidence{exited: true, code: -1, signal: syscall.SIGKILL, oom: oomGrew}, KindOOM, "the kernel's out-of-memory counter rose while it ran", "killed"},
		{"SIGKILL, no counter", evidence{exited: true, code: -1, signal: syscall.SIGKILL}, KindOOM, "killed from outside; this system does not say whether memory ran out", "killed"},
		{"SIGBUS", evidence{exited: true, code: -1, signal: syscall.SIGBUS, oom: oomGrew}, KindSignal, "", "bus error"},
		{"hang", evidence{exited: true, code: -1, signal: syscall.SIGKILL, cause: cause{kind: KindHang, text: "silent"}}, KindHang, "silent", ""},
		{"guardrail before all", evidence{exited: true, code: 2, crash: goPanic, gpu: "x", cause: cause{kind: KindGuardrail, text: "memory"}}, KindGuardrail, "memory", ""},
		{"device line before hang", evidence{exited: true, signal: syscall.SIGKILL, gpu: "kIOGPU…Hang", cause: cause{kind: KindHang}}, KindGPUFault, "kIOGPU…Hang", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			kind, detail, signal := classify(tt.e)
			if kind != tt.kind || detail != tt.detail || signal != tt.signal {
				t.Errorf("classify = %s, %q, %q; want %s, %q, %q", kind, detail, signal, tt.kind, tt.detail, tt.signal)
			}
		})
	}
}

func TestOutputKeepsTheTailAndTheCrash(t *testing.T) {
	o := &output{log: hclog.NewNullLogger()}
	faults := 0
	o.onGPU = func(string) { faults++ }
	text := strings.Repeat("noise\n", 100_000) +
		"kIOGPUCommandBufferCallbackErrorPageFault\nkIOGPUCommandBufferCallbackErrorHang\n" +
		"panic: no\n\n" + strings.Repeat("goroutine\n", 100) + "last without newline"
	o.read(strings.NewReader(text), true)
	crash, tail, gpu := o.report()
	if len(crash) != panicLines || crash[0] != "panic: no" {
		t.Errorf("crash has %d lines, first %q", len(crash), crash[0])
	}
	if len(tail) != tailBytes || !strings.HasSuffix(tail, "last without newline") {
		t.Errorf("tail has %d bytes and ends in %q", len(tail), tail[len(tail)-20:])
	}
	if faults != 1 || !strings.HasSuffix(gpu, "PageFault") {
		t.Errorf("device faults: %d, %q", faults, gpu)
	}
}

func TestParseLog(t *testing.T) {
	tests := []struct {
		line    string
		level   hclog.Level
		message string
		args    int
		ok      bool
	}{
		{`{"@level":"warn","@message":"hot","@timestamp":"x","celsius":91,"where":["a"]}`, hclog.Warn, "hot", 4, true},
		{`{"@message":"no level"}`, hclog.Debug, "no level", 0, true},
		{`{"@level":7,"@message":"odd level"}`, hclog.Debug, "odd level", 0, true},
		{`{"@level":"info","@message":42}`, 0, "", 0, false},
		{`{"message":"not ours"}`, 0, "", 0, false},
		{`{"@message":`, 0, "", 0, false},
		{`plain text`, 0, "", 0, false},
		{``, 0, "", 0, false},
	}
	for _, tt := range tests {
		level, message, args, ok := parseLog([]byte(tt.line))
		if level != tt.level || message != tt.message || len(args) != tt.args || ok != tt.ok {
			t.Errorf("parseLog(%s) = %s, %q, %v, %v", tt.line, level, message, args, ok)
		}
	}
}

func FuzzOutput(f *testing.F) {
	f.Add([]byte("{\"@message\":[]}\npanic: x\n"))
	f.Fuzz(func(_ *testing.T, data []byte) {
		o := &output{log: hclog.NewNullLogger()}
		o.read(strings.NewReader(string(data)), true)
		o.report()
	})
}

func TestNewestReport(t *testing.T) {
	dir, began := t.TempDir(), time.Now()
	for name, age := range map[string]time.Duration{
		"assay-plugin-add-old.ips": -time.Hour, "assay-plugin-add-1.ips": time.Second,
		"assay-plugin-add-2.ips": 2 * time.Second, "other-3.ips": 3 * time.Second, "assay-plugin-add-4.txt": 4 * time.Second,
	} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, nil, 0o644); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, began.Add(age), began.Add(age)); err != nil {
			t.Fatal(err)
		}
	}
	if got := filepath.Base(newestReport(dir, "assay-plugin-add", began)); got != "assay-plugin-add-2.ips" {
		t.Errorf("report = %s", got)
	}
	if got := newestReport(filepath.Join(dir, "absent"), "x", began); got != "" {
		t.Errorf("report in an absent folder = %s", got)
	}
}

func TestAllowedEnv(t *testing.T) {
	in := []string{
		"PATH=/bin", "HOME=/h", "MTL_DEBUG_LAYER=1", "CUDA_VISIBLE_DEVICES=0", "LC_ALL=C", "ASSAY_X=1",
		"ASSAY_VAR_model=m", "ASSAY_PLUGIN_COOKIE=x", "AWS_SECRET_ACCESS_KEY=k", "ASSAY_TOKEN=t", "GITHUB_TOKEN=t",
		"SSH_AUTH_SOCK=/s", "ASSAY_API_KEY=k", "EDITOR=vi",
	}
	want := "PATH=/bin HOME=/h MTL_DEBUG_LAYER=1 CUDA_VISIBLE_DEVICES=0 LC_ALL=C ASSAY_X=1"
	if got := strings.Join(AllowedEnv(in), " "); got != want {
		t.Errorf("allowed = %s, want %s", got, want)
	}
}
