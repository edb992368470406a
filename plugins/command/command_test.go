package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/assay-bench/assay/core/proto/pluginv1"
	"github.com/assay-bench/assay/core/sdk/sdktest"
)

// object is a configuration, or a part of one.
type object = map[string]any

func encode(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(b)
}

// script is an argv that runs a shell script.
func script(body string) []string { return []string{"/bin/sh", "-c", body} }

func run(body string, more object) object {
	c := object{
		"run":   object{"argv": script(body)},
		"phase": object{"decode": object{"pattern": `decode ([0-9.]+) t/s`, "unit": "t/s"}},
	}
	for name, v := range more {
		c[name] = v
	}
	return c
}

// counting prints a different rate each time and takes long enough for it: 100
// t/s and more are 10 ms and less.
func counting(file string) string {
	return fmt.Sprintf(`n=$(cat %[1]q 2>/dev/null || echo 100); sleep 0.05; echo "decode $n t/s"; echo $((n+1)) > %[1]q`, file)
}

func TestEachSampleIsAStart(t *testing.T) {
	r := sdktest.Run(t, plugin(), encode(run(counting(filepath.Join(t.TempDir(), "n")), nil)))
	got := r.Samples["decode"]
	if len(got) != 3 {
		t.Fatalf("%d samples", len(got))
	}
	for i, s := range got { // the first rate, 100, was that of the preparation
		if want := int64(1e9) / int64(101+i); s.GetIterations() != 1 || s.GetWallNs() != want {
			t.Errorf("sample %d: %d ns for %d iterations, want %d", i, s.GetWallNs(), s.GetIterations(), want)
		}
		if s.GetMetrics()["peak_host_bytes"] <= 0 {
			t.Errorf("sample %d has the metrics %v", i, s.GetMetrics())
		}
	}
	if facts := r.Prepared.GetPhases()["decode"]; facts.GetIterations() != 1 || facts.GetUnitsPerIteration() != 1 {
		t.Errorf("facts of the phase: %v", facts)
	}
	if start := r.Prepared.GetFacts()["start"]; !strings.HasPrefix(start, "warm") {
		t.Errorf("start %q", start)
	}
}

// What one start prints are samples, in order; a visit never gives out what was
// taken in another one.
func TestAScriptThatRepeatsItself(t *testing.T) {
	starts := filepath.Join(t.TempDir(), "starts")
	h := sdktest.Start(t, plugin())
	h.Open("cpu")
	h.Prepare("a", encode(run(fmt.Sprintf(`echo x >> %q; sleep 0.1; for n in 100 200 400; do echo "decode $n t/s"; done`, starts), nil)), 1)
	var got []int64
	for range 2 {
		for _, s := range h.Measure("a", "decode", 4) {
			got = append(got, s.GetWallNs())
		}
	}
	want := []int64{1e7, 5e6, 25e5, 1e7, 1e7, 5e6, 25e5, 1e7}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("samples %v, want %v", got, want)
	}
	lines, _ := os.ReadFile(starts)
	if n := strings.Count(string(lines), "x"); n != 5 { // one to prepare, two in each visit
		t.Errorf("%d starts, want 5", n)
	}
	h.Release("a")
}

func TestWallMetricsStdinFolderAndStatus(t *testing.T) {
	folder := t.TempDir()
	c := object{
		"run": object{
			"argv":  script(`read line; echo "$line from $PWD"; echo "peak 12.5 MB"; echo "peak 13 MB"; echo '{"n": 4}'; exit 3`),
			"stdin": "hello\n", "folder": folder, "exit_status": 3,
		},
		"phase":  object{"start": object{"wall": true}},
		"metric": object{"peak": object{"pattern": `peak (\S+) MB`, "unit": "MB", "better": "lower"}, "n": object{"json": "n", "exact": true}},
		"output": object{"pattern": "^hello from .*" + filepath.Base(folder) + "$"},
	}
	r := sdktest.Run(t, plugin(), encode(c))
	if m := r.Prepared.GetMetrics(); m["peak"] != 13 || m["n"] != 4 {
		t.Errorf("metrics %v: of several figures the last counts", m)
	}
	if len(r.Samples["start"]) != 3 || len(r.Checks) != 2 || r.Checks[1].GetDetail() == "" || r.Checks[0].GetKind() != pluginv1.Check_KIND_FIDELITY {
		t.Errorf("samples %v, checks %v", r.Samples, r.Checks)
	}
}

// What a configuration names is known without starting anything.
func TestDeclared(t *testing.T) {
	started := filepath.Join(t.TempDir(), "started")
	h := sdktest.Start(t, plugin())
	c := run("touch "+started, object{"metric": object{"peak": object{"pattern": "(.)", "unit": "MB", "better": "higher", "exact": true}}})
	r, err := h.Client.ValidateConfig(t.Context(), &pluginv1.ValidateConfigRequest{ConfigJson: h.Canonical(encode(c))})
	if err != nil || len(r.GetDiagnostics()) > 0 || len(r.GetPhases()) != 1 || len(r.GetMetrics()) != 2 {
		t.Fatalf("%v, %v", r, err)
	}
	if p, m := r.GetPhases()[0], r.GetMetrics()[0]; p.GetName() != "decode" || p.GetUnit() != "t" || m.GetName() != "peak" || !m.GetExact() || m.GetBetter() != pluginv1.Metric_BETTER_HIGHER {
		t.Errorf("%v", r)
	}
	if _, err := os.Stat(started); err == nil {
		t.Error("validation started the program")
	}
}

func TestOutputIsComparedBetweenStarts(t *testing.T) {
	file := filepath.Join(t.TempDir(), "n")
	same := object{"same_as": "baseline"}
	digest := func(body string, output object) (string, []*pluginv1.Check) {
		h := sdktest.Start(t, plugin())
		h.Open("cpu")
		p, found := h.Prepare("a", encode(run(body, object{"output": output})), 1)
		if p == nil {
			t.Fatal(found)
		}
		h.Measure("a", "decode", 2)
		return p.GetOutputs()["output"], append(p.GetChecks(), h.Release("a").GetChecks()...)
	}
	a, checks := digest(counting(file)+"; echo same", same)
	if len(checks) != 1 || !checks[0].GetPassed() || !strings.Contains(checks[0].GetDetail(), "3 of 3") {
		t.Errorf("checks %v", checks)
	}
	if b, _ := digest(counting(file)+"; echo same", same); a != b || len(a) != 64 {
		t.Errorf("digests %q and %q", a, b)
	}
	if b, _ := digest(counting(file)+"; echo other", same); a == b {
		t.Error("another output has the same digest")
	}
	_, checks = digest(counting(file)+`; echo "run $n"`, same)
	if len(checks) != 1 || checks[0].GetPassed() || checks[0].GetValue() != 2 || !strings.Contains(checks[0].GetDetail(), "run 10") {
		t.Errorf("outputs that differ: %v", checks)
	}
	_, checks = digest(counting(file)+`; echo "run $n"`, object{"same_as": "baseline", "ignore": []string{"[0-9]+"}})
	if len(checks) != 1 || !checks[0].GetPassed() {
		t.Errorf("outputs that differ in what is ignored: %v", checks)
	}
	_, checks = digest(counting(file), object{"pattern": "no such line"})
	if len(checks) != 2 || checks[0].GetPassed() || checks[1].GetPassed() {
		t.Errorf("a pattern that matches nothing: %v", checks)
	}
}

// Caches of a cold start are empty at each start, and there for its children.
func TestColdStart(t *testing.T) {
	body := `test -z "$(ls -A "$CUDA_CACHE_PATH")" || exit 9; touch "$CUDA_CACHE_PATH/kernel"; sleep 0.05; echo "decode 100 t/s"`
	r := sdktest.Run(t, plugin(), encode(run(body, object{"cold": true})))
	if start := r.Prepared.GetFacts()["start"]; !strings.Contains(start, "CUDA_CACHE_PATH") {
		t.Errorf("start %q", start)
	}
}

func TestBeforeEachStart(t *testing.T) {
	folder := t.TempDir()
	c := run(`test ! -e cache || exit 9; touch cache; sleep 0.05; echo "decode 100 t/s"`, nil)
	c["run"].(object)["folder"] = folder
	c["run"].(object)["before"] = []string{"rm", "-f", "cache"}
	sdktest.Run(t, plugin(), encode(c))
}

func TestFaultsOfTheFirstStart(t *testing.T) {
	folder := t.TempDir()
	plain := filepath.Join(folder, "plain")
	if err := os.WriteFile(plain, []byte("text"), 0o600); err != nil {
		t.Fatal(err)
	}
	binary := filepath.Join(folder, "binary")
	if err := os.WriteFile(binary, []byte("\x7fnothing"), 0o700); err != nil {
		t.Fatal(err)
	}
	fifo := filepath.Join(folder, "fifo")
	if err := syscall.Mkfifo(fifo, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		name string
		run  object
		want []string
	}{
		{"not in PATH", object{"argv": []string{"no-such-program"}}, []string{"no-such-program", "not found in PATH"}},
		{"no such path", object{"argv": []string{"./none"}, "folder": folder}, []string{"./none", "no such file"}},
		{"a folder", object{"argv": []string{folder}}, []string{"it is a folder"}},
		{"not executable", object{"argv": []string{plain}}, []string{"chmod +x"}},
		{"no program of this machine", object{"argv": []string{binary}}, []string{"exec format error", "#!"}},
		{"a fifo", object{"argv": []string{fifo}}, []string{"fifo"}},
		{"no such folder", object{"argv": script("true"), "folder": folder + "/none"}, []string{"no such file"}},
		{"status", object{"argv": script("echo oh no >&2; exit 4")}, []string{"exit status 4", "want exit status 0", "oh no"}},
		{"a signal", object{"argv": script("kill -SEGV $$")}, []string{"signal: segmentation fault"}},
		{"timeout", object{"argv": script("echo begun; sleep 600"), "timeout": "1s"}, []string{"longer than 1s", "begun"}},
		{"no figure", object{"argv": script("echo hello")}, []string{`phase "decode"`, "no line matches", "hello"}},
		{"unbelievable", object{"argv": script("echo decode 0.001 t/s")}, []string{"16m40s", "but the program ran for", "unit"}},
		{"before fails", object{"argv": script("true"), "before": script("echo why; exit 2")}, []string{"before", "exit status 2", "why"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := sdktest.Start(t, plugin())
			h.Open("cpu")
			c := run("", nil)
			c["run"] = tt.run
			p, found := h.Prepare("a", encode(c), 1)
			if p != nil || len(found) != 1 {
				t.Fatalf("%v, %v", p, found)
			}
			said := found[0].GetSummary() + ": " + found[0].GetDetail()
			for _, want := range tt.want {
				if !strings.Contains(said, want) {
					t.Errorf("%q lacks %q", said, want)
				}
			}
		})
	}
}

// Each start reads its input from the beginning, of any length.
func TestStdinOfEachStart(t *testing.T) {
	c := run(`test "$(wc -c)" -eq 300000 || exit 9; sleep 0.05; echo "decode 100 t/s"`, nil)
	c["run"].(object)["stdin"] = strings.Repeat("x", 300000)
	sdktest.Run(t, plugin(), encode(c))
}

// Whatever the program started is gone when it ended or was given up.
func TestNothingIsLeftRunning(t *testing.T) {
	for name, end := range map[string]string{"it ends": `sleep 0.05; echo "decode 100 t/s"`, "it is given up": "wait"} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "pid")
			c := run(fmt.Sprintf("sleep 600 & echo $! > %q; %s", file, end), nil)
			if end == "wait" {
				c["run"].(object)["timeout"] = "1s"
			}
			h := sdktest.Start(t, plugin())
			h.Open("cpu")
			h.Prepare("a", encode(c), 1)
			id, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			pid, err := strconv.Atoi(strings.TrimSpace(string(id)))
			if err != nil {
				t.Fatal(err)
			}
			for range 400 { // SIGKILL takes effect when the kernel comes to it
				stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
				if syscall.Kill(pid, 0) != nil || err == nil && strings.Contains(string(stat), ") Z") {
					return
				}
				time.Sleep(10 * time.Millisecond)
			}
			t.Errorf("process %d still runs", pid)
		})
	}
}
