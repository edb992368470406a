package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/assay-bench/assay/core/sdk/sdktest"
)

// The helper is written into a cache of this test's own.
func TestMain(m *testing.M) {
	cache, err := os.MkdirTemp("", "assay-command-test-")
	if err == nil {
		err = os.Setenv("XDG_CACHE_HOME", cache)
	}
	if err != nil {
		panic(err)
	}
	code := m.Run()
	_ = os.RemoveAll(cache)
	os.Exit(code)
}

// answering is a served program of a few lines of shell: it answers every
// request with the line given, and ends when it is told to.
func answering(ready, answer string) object {
	return object{
		"serve": object{"argv": script(`echo noise; echo '{"log": "noise"}'
echo '` + ready + `'
while read -r line; do
  case $line in *stop*) exit 0;; esac
  sleep 0.01
  echo '` + answer + `'
done`)},
		"phase": object{"decode": object{"unit": "tok/s"}},
	}
}

const ready = `{"ready":true}`

func TestServed(t *testing.T) {
	c := answering(`{"ready":true,"phases":{"decode":{"units":64}},"metrics":{"peak":1}}`, `{"wall_ns":5000000,"metrics":{"peak":7},"output":"hello"}`)
	c["metric"] = object{"peak": object{"unit": "MB", "better": "lower"}}
	c["output"] = object{"same_as": "baseline", "pattern": "^hello$"}
	r := sdktest.Run(t, plugin(), encode(c))
	if len(r.Samples["decode"]) != 3 || r.Samples["decode"][0].GetWallNs() != 5000000 || r.Samples["decode"][0].GetMetrics()["peak"] != 7 {
		t.Errorf("samples %v", r.Samples)
	}
	if facts := r.Prepared.GetPhases()["decode"]; facts.GetUnitsPerIteration() != 64 || facts.GetIterations() != 0 {
		t.Errorf("facts of the phase: %v", facts)
	}
	if facts := r.Prepared.GetFacts(); len(r.Prepared.GetOutputs()["output"]) != 64 || facts["output"] != "hello" || facts["start"] != "once in each round" {
		t.Errorf("facts %v", facts)
	}
	if len(r.Checks) != 2 || r.Checks[1].GetName() != "output" {
		t.Errorf("checks %v", r.Checks)
	}
}

func TestFaultsOfServedPrograms(t *testing.T) {
	for _, tt := range []struct {
		name, ready, answer string
		more                object
		want                []string
	}{
		{"never ready", "nothing", ready, nil, []string{"before it was ready", "timeout"}},
		{"not ready first", `{"wall_ns":5}`, ready, nil, []string{`{"ready":true}`}},
		{"another phase", `{"ready":true,"phases":{"prefill":{}}}`, `{"wall_ns":5}`, nil, []string{`"decode"`, `"prefill"`}},
		{"no units", `{"ready":true,"phases":{"decode":{"units":0}}}`, `{"wall_ns":5}`, nil, []string{"0 units"}},
		{"an error", ready, `{"error":"out of memory"}`, nil, []string{"the program says: out of memory"}},
		{"NaN, as Python writes it", ready, `{"wall_ns":NaN}`, nil, []string{"invalid character", "NaN"}},
		{"a string", ready, `{"wall_ns":"5"}`, nil, []string{"cannot unmarshal string"}},
		{"zero", ready, `{"wall_ns":0}`, nil, []string{"wall_ns is 0"}},
		{"negative", ready, `{"wall_ns":-5}`, nil, []string{"wall_ns is -5"}},
		{"more than the clock", ready, `{"wall_ns":5e18}`, nil, []string{"wall_ns is 5e+18", "but the answer came after"}},
		{"no time", ready, ready, nil, []string{`no "wall_ns"`}},
		{"undeclared metric", ready, `{"wall_ns":5,"metrics":{"peak":1}}`, nil, []string{`metric "peak"`, "declare it"}},
		{"null metric", ready, `{"wall_ns":5,"metrics":{"peak":null}}`, object{"metric": object{"peak": object{}}}, []string{`metric "peak" is null`}},
		{"no output", ready, `{"wall_ns":5}`, object{"output": object{"pattern": "x"}}, []string{`no "output"`}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := answering(tt.ready, tt.answer)
			c["serve"].(object)["timeout"] = "5s"
			if tt.name == "never ready" {
				c["serve"].(object)["timeout"] = "100ms"
			}
			for name, v := range tt.more {
				c[name] = v
			}
			refused(t, c, tt.want)
		})
	}
	for name, body := range map[string]string{
		"ends at once":             `echo help; exit 3`,
		"ends when asked":          `echo '{"ready":true}'; read -r x; echo help; exit 3`,
		"an error, then it ends":   `echo '{"ready":true}'; read -r x; echo '{"error":"exit status 3 help"}'; exit 3`,
		"does not read and ends":   `echo '{"ready":true}'; echo help; exit 3`,
		"a signal, not its status": `echo '{"ready":true}'; read -r x; echo help exit status 3; kill -KILL $$`,
	} {
		t.Run(name, func(t *testing.T) {
			c := answering("", "")
			c["serve"] = object{"argv": script(body)}
			refused(t, c, []string{"exit status 3", "help"})
		})
	}
}

func refused(t *testing.T, c object, want []string) {
	t.Helper()
	h := sdktest.Start(t, plugin())
	h.Open("cpu")
	p, found := h.Prepare("a", encode(c), 1)
	if p != nil || len(found) != 1 {
		t.Fatalf("%v, %v", p, found)
	}
	for _, w := range want {
		if said := found[0].GetDetail(); !strings.Contains(said, w) {
			t.Errorf("%q lacks %q", said, w)
		}
	}
}

// The helper is found by a script anywhere, keeps what is printed out of the
// protocol, and tells an exception.
func TestPythonHelper(t *testing.T) {
	if _, err := exec.LookPath("python3"); err != nil {
		t.Skip("the helper is in Python:", err)
	}
	bench := func(body string) object {
		file := filepath.Join(t.TempDir(), "bench.py")
		if err := os.WriteFile(file, []byte("import os, sys\nfrom assay_serve import serve\n"+body), 0o600); err != nil {
			t.Fatal(err)
		}
		return object{
			"serve":  object{"argv": []string{"python3", file}},
			"phase":  object{"decode": object{"unit": "tok/s"}, "prefill": object{"unit": "tok/s"}},
			"metric": object{"calls": object{}},
		}
	}
	t.Run("measures", func(t *testing.T) {
		c := bench(`
calls = [0]
synced = [0]
def decode():
    print("noise")
    os.write(1, b"more noise\n")
    os.system("cat > /dev/null; echo noise of a child")
    calls[0] += 1
    return "text"
def sync(): synced[0] += 1
serve({"decode": decode, "prefill": lambda: "a\nb"}, units={"prefill": 512}, sync=sync,
      metrics=lambda: {"calls": synced[0]}, output=lambda result: result)
`)
		c["output"] = object{"same_as": "baseline"}
		r := sdktest.Run(t, plugin(), encode(c))
		if len(r.Samples["decode"]) != 3 || len(r.Samples["prefill"]) != 3 || len(r.Checks) != 2 {
			t.Errorf("samples %v, checks %v", r.Samples, r.Checks)
		}
		if p := r.Prepared.GetPhases(); p["decode"].GetUnitsPerIteration() != 1 || p["prefill"].GetUnitsPerIteration() != 512 {
			t.Errorf("phases %v", p)
		}
		if n := r.Prepared.GetMetrics()["calls"]; n != 2 {
			t.Errorf("%g waits for the device after one run of each phase", n)
		}
	})
	t.Run("beside other modules", func(t *testing.T) {
		folder := t.TempDir()
		if err := os.WriteFile(filepath.Join(folder, "other.py"), []byte("serves = int"), 0o600); err != nil {
			t.Fatal(err)
		}
		t.Setenv("PYTHONPATH", folder)
		sdktest.Run(t, plugin(), encode(bench("import other\nserve({'decode': other.serves, 'prefill': other.serves})")))
	})
	t.Run("exception", func(t *testing.T) {
		refused(t, bench(`
def decode(): raise ValueError("no such layer")
serve({"decode": decode, "prefill": decode})
`), []string{"the program says: ValueError: no such layer"})
	})
	t.Run("NaN", func(t *testing.T) {
		refused(t, bench(`serve({"decode": int, "prefill": int}, metrics=lambda: {"calls": float("nan")})`), []string{"not JSON compliant"})
	})
	t.Run("import fails", func(t *testing.T) {
		refused(t, bench("import no_such_module"), []string{"before it was ready", "No module named 'no_such_module'"})
	})
}

// A program that is not Python does not depend on the helper.
func TestServedWithoutAHelper(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("XDG_CACHE_HOME", file)
	t.Setenv("HOME", file)
	if _, err := keepHelper(); err == nil {
		t.Fatal("the helper was written into a file")
	}
	sdktest.Run(t, plugin(), encode(answering(ready, `{"wall_ns":5}`)))
}

func FuzzReadMessage(f *testing.F) {
	for _, s := range []string{ready, `{"wall_ns":NaN}`, `{"wall_ns":1e999}`, `{"error":null,"metrics":{"a":null}}`, "{", "", "\xff"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		m, ok := readMessage(line)
		if !ok || m.fault != nil {
			return
		}
		if wall, err := m.wall(m.arrived); err == nil {
			t.Errorf("%q: a time of %v within none", line, wall)
		}
	})
}
