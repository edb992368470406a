package python

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/types/descriptorpb"

	"github.com/assay-bench/assay/core/conformance"
	"github.com/assay-bench/assay/core/process"
	"github.com/assay-bench/assay/core/proto/pluginv1"
	"github.com/assay-bench/assay/metal/devices"
)

// The SDK for Python makes its messages from a descriptor, which generate.sh
// writes together with the Go code.
func TestTheDescriptorIsThatOfTheProtocol(t *testing.T) {
	raw, err := os.ReadFile("assay_sdk/plugin.binpb")
	if err != nil {
		t.Fatal(err)
	}
	var set descriptorpb.FileDescriptorSet
	if err := proto.Unmarshal(raw, &set); err != nil || len(set.GetFile()) != 1 {
		t.Fatalf("%d files, %v", len(set.GetFile()), err)
	}
	if want := protodesc.ToFileDescriptorProto(pluginv1.File_plugin_proto); !proto.Equal(set.GetFile()[0], want) {
		t.Error("plugin.binpb is not that of plugin.proto: run sh generate.sh in core/proto/pluginv1")
	}
}

// environment is that of a plugin which finds the SDK here; the test is skipped
// where Python or one of the two packages that the SDK needs is absent.
func environment(t *testing.T) []string {
	t.Helper()
	if out, err := exec.Command("python3", "-c", `import sys, grpc, google.protobuf as p; assert sys.version_info >= (3, 10) and int(p.__version__.split(".")[0]) >= 5`).CombinedOutput(); err != nil {
		t.Skipf("needs python3 of 3.10 or later with grpcio and protobuf 5 or later: %v: %s", err, process.Raised(string(out)))
	}
	here, err := filepath.Abs(".")
	if err != nil {
		t.Fatal(err)
	}
	return append(process.AllowedEnv(os.Environ()), "PYTHONPATH="+here, "PYTHONDONTWRITEBYTECODE=1")
}

func TestWithoutAHost(t *testing.T) {
	env := environment(t)
	t.Parallel()
	cmd := exec.Command("python3", "-m", "unittest", "discover", "-s", "tests")
	cmd.Env = env
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// The SDK and its tests are typed, for every Python that it is said to run on.
func TestTypes(t *testing.T) {
	env := environment(t)
	if err := exec.Command("python3", "-m", "mypy", "--version").Run(); err != nil {
		t.Skip("needs mypy for python3:", err)
	}
	for _, version := range []string{"3.10", "3.11", "3.12", "3.13"} {
		cmd := exec.Command("python3", "-m", "mypy", "--cache-dir", t.TempDir(), "--python-version", version, "assay_sdk", "tests")
		cmd.Env = env
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("Python %s: %v\n%s", version, err, out)
		}
	}
}

// Through a host: types of arguments, a device of the author's own with yardsticks,
// lazy work, phases that the configuration names, a search. docs/plugins.md's
// example keeps the other rules in a script of core/cli.
func TestAWholePluginKeepsTheRules(t *testing.T) {
	env := environment(t)
	t.Parallel()
	for config, rules := range map[string][]string{
		"":                 {"validate", "propose"},
		"tests/whole.json": {"schema", "documented", "wrong-configuration", "open-device", "prepared-facts", "sample-metrics", "yardstick", "release"},
	} {
		r, err := conformance.Check(t.Context(), conformance.Options{
			Path: "tests/assay-plugin-whole", Config: config, Env: env, Device: "cpu", Only: rules,
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range r.Rules {
			if o.Status != conformance.Pass && o.Status != conformance.Unclear {
				t.Errorf("%q: %s: %s", config, o.ID, o.Seen)
			}
		}
	}
}

// What an author does wrong is named where a user looks: in the error, or in the
// last lines of stderr that are shown beside it. Faults that need no process of
// their own are in tests/test_faults.py.
func TestFaultsThroughAHost(t *testing.T) {
	env := environment(t)
	for fault, want := range map[string]string{
		"":                       "",
		"print":                  "",
		"print at import":        "",
		"leave threads":          "",
		"raise at import":        "exited(1) during start: ValueError: the third wheel is missing",
		"two phases of one name": `exited(1) during start: error: plugin faulty: phase "work" has no name or the name of another`,
		"raise in prepare":       "prepare: ValueError: the third wheel is missing (assay-plugin-faulty:",
		"fork in prepare":        "prepare: RuntimeError: a plugin cannot fork",
		"raise in step":          "measure work: work, 1 iterations: ValueError: the third wheel is missing (assay-plugin-faulty:",
		"end at once":            "exited(3) during measure work",
		"memory fault":           "signal(segmentation fault) during measure work",
		"sleep":                  "hang(measure work): ", // by the SDK, or on a busy machine by the host
		"keep the interpreter":   "hang(measure work): silent for 6s, its heartbeat_timeout",
	} {
		t.Run(fault, func(t *testing.T) {
			t.Parallel()
			limits := conformance.Limits{}
			if fault == "sleep" || fault == "keep the interpreter" {
				limits.Silence = 6 * time.Second
			}
			trial, err := conformance.Try(t.Context(), conformance.Options{
				Path: "tests/assay-plugin-faulty", Device: "cpu", Env: append(env[:len(env):len(env)], "ASSAY_FAULT="+fault), Limits: limits,
			}, 2, time.Millisecond)
			switch {
			case want == "" && (err != nil || len(trial.Phases) != 1 || len(trial.Phases[0].Samples) != 2):
				t.Errorf("%+v, %v", trial, err)
			case want != "" && (err == nil || !strings.Contains(err.Error(), want)):
				t.Errorf("%v\nwant %q in it", err, want)
			}
		})
	}
}

// The SDK for Python knows each kind of device that there is.
func TestDeviceKinds(t *testing.T) {
	raw, err := os.ReadFile("assay_sdk/_service.py")
	if err != nil {
		t.Fatal(err)
	}
	kinds := slices.DeleteFunc(devices.Kinds(), func(kind string) bool { return kind == devices.Auto })
	if want := `_KINDS = ("` + strings.Join(kinds, `", "`) + `")`; !strings.Contains(string(raw), want) {
		t.Errorf("assay_sdk/_service.py lacks %s", want)
	}
}
