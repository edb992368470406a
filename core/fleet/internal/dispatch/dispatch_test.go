package dispatch

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/assay-bench/assay/core/fleet/internal/job"
	"github.com/assay-bench/assay/core/internal/fakeresult"
	"github.com/assay-bench/assay/core/record"
)

func write(t *testing.T, files map[string]string) {
	t.Helper()
	for name, text := range files {
		if err := record.WriteFile(name, []byte(text)); err != nil {
			t.Fatal(err)
		}
	}
}

const suite = `
variable "classes" {
  type    = list(string)
  default = ["m4-max", "h100"]
}
experiment "a" {
  plugin = "p"
  class  = var.classes
}
experiment "b" {
  plugin = "p"
  class  = "m1-air"
}
experiment "c" {
  plugin     = "p"
  class      = "m1-air"
  depends_on = [experiment.b]
}
experiment "anywhere" { plugin = "p" }
`

// One job for each experiment and class; experiments that depend on each other share one.
func TestPlan(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, map[string]string{"suite/a.hcl": suite, "suite/prompt.txt": "p", "scripts/x.sh": "x", "other.vars": "classes = [\"m4-max\"]"})
	noEnv := func(string) string { return "" }
	tests := []struct {
		name  string
		asked Asked
		want  []string
	}{
		{"all", Asked{Classes: []string{"cpu"}}, []string{"m4-max/a a", "h100/a a", "m1-air/b b c", "cpu/anywhere anywhere"}},
		{"only", Asked{Only: []string{"a"}}, []string{"m4-max/a a", "h100/a a"}},
		{"a variable", Asked{Only: []string{"a"}, Vars: map[string]string{"classes": `["h100"]`}}, []string{"h100/a a"}},
		{"a file of variables", Asked{Only: []string{"a"}, VarFiles: []string{"other.vars"}}, []string{"m4-max/a a"}},
		{"the environment", Asked{Only: []string{"a"}, Getenv: func(n string) string {
			return map[string]string{"ASSAY_VAR_classes": `["x"]`}[n]
		}}, []string{"x/a a"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.asked.Paths = []string{"suite"}
			if tt.asked.Getenv == nil {
				tt.asked.Getenv = noEnv
			}
			r, err := Plan(context.Background(), tt.asked, nil)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, j := range r.Jobs {
				_, id, _ := strings.Cut(j.ID(), r.ID+"/")
				got = append(got, id+" "+strings.Join(j.Experiments, " "))
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestPlanRefuses(t *testing.T) {
	root := t.TempDir()
	t.Chdir(root)
	write(t, map[string]string{
		"here/suite/a.hcl": suite, "elsewhere/b.hcl": "experiment \"b\" {\n  class = \"c\"\n}\n",
		"here/mixed/m.hcl": "experiment \"a\" {\n  class = \"x\"\n}\nexperiment \"b\" {\n  class = \"y\"\n  depends_on = [experiment.a]\n}\n",
		"here/wrong/w.hcl": "experiment \"a\" {\n  class = \"M4 Max\"\n}\n",
	})
	t.Chdir(filepath.Join(root, "here"))
	tests := map[string]struct {
		path, want string
	}{
		"no class":             {"suite", `experiment "anywhere" (suite/a.hcl:19) names no class of machines: write class = "NAME" in it, or dispatch with --class NAME`},
		"two classes together": {"mixed", "so give them the same class"},
		"a class that is none": {"wrong", "cannot be the name of a class"},
		"another folder":       {"../elsewhere", "is outside of the working folder"},
		"nothing there":        {"absent", "there is no file or folder absent"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := Plan(context.Background(), Asked{Paths: []string{tt.path}, Getenv: func(string) string { return "" }}, nil)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("%v, want %q", err, tt.want)
			}
		})
	}
}

// A run's folder is all that it takes to follow it again.
func TestOpen(t *testing.T) {
	t.Chdir(t.TempDir())
	write(t, map[string]string{"suite/a.hcl": suite})
	r, err := Plan(context.Background(), Asked{Paths: []string{"suite"}, Classes: []string{"cpu"}, Getenv: func(string) string { return "" }}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Save(); err != nil {
		t.Fatal(err)
	}
	again, err := Open("")
	if err != nil {
		t.Fatal(err)
	}
	want, _ := json.Marshal(r)
	got, _ := json.Marshal(again)
	if !bytes.Equal(want, got) || !bytes.Equal(r.packed, again.packed) {
		t.Errorf("read again, it is\n%s\nand was\n%s", got, want)
	}
	if _, err := Open("absent"); err == nil || !strings.Contains(err.Error(), "lists those of this folder") {
		t.Errorf("a run that is not there: %v", err)
	}
}

// made is a run with a document for each class, as a worker hands it over.
func made(t *testing.T, speeds map[string]float64) (*Run, map[string]*job.Outcome) {
	t.Helper()
	r := &Run{ID: "r", Folder: filepath.Join("results", "fleet", "r")}
	outcomes := map[string]*job.Outcome{}
	for _, class := range []string{"m4-max", "h100"} {
		speed, ok := speeds[class]
		if !ok {
			continue
		}
		doc, err := fakeresult.New(fakeresult.Options{Experiment: "x", Variants: map[string]float64{"fused": speed}, Order: []string{"fused"}, Change: func(d *record.Result) {
			d.Metadata.Host.Hostname = class
			if class == "h100" {
				d.Metadata.Device.Kind, d.Metadata.Plugin.Version = "cuda", "0.2.0"
			}
		}})
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join("worker-"+class, "documents", "x.json")
		if err := record.WriteResult(path, doc, nil); err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		packed, err := job.Pack("worker-"+class, []string{"documents"})
		if err != nil {
			t.Fatal(err)
		}
		blob, err := job.Keep(context.Background(), nil, packed)
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256(b)
		outcomes[class] = &job.Outcome{Documents: blob, Results: []job.Result{{Experiment: "x", Status: "complete", Verdict: doc.Verdict, Rounds: 8, SHA256: hex.EncodeToString(sum[:])}}}
		r.Jobs = append(r.Jobs, &Tracked{Job: job.Job{Run: "r", Class: class, Name: "x", Experiments: []string{"x"}}})
	}
	return r, outcomes
}

// A document that comes home is the one that was accepted; no other is written.
func TestCollect(t *testing.T) {
	tests := map[string]struct {
		change func(*job.Outcome)
		want   string
	}{
		"as it was sent":            {func(*job.Outcome) {}, ""},
		"bytes that changed":        {func(o *job.Outcome) { o.Documents.Inline[20] ^= 1 }, "not those that were sent"},
		"another document":          {func(o *job.Outcome) { o.Results[0].SHA256 = "0" }, "it is not the one that was accepted"},
		"one of another experiment": {func(o *job.Outcome) { o.Results[0].Experiment = "y" }, "it is not the one that was accepted"},
		"too few":                   {func(o *job.Outcome) { o.Results = nil }, "of 1 experiments"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			r, outcomes := made(t, map[string]float64{"m4-max": 1.02})
			o := outcomes["m4-max"]
			tt.change(o)
			err := r.collect(context.Background(), nil, r.Jobs[0], o)
			_, there := os.Stat(r.Document("m4-max", "x"))
			switch {
			case tt.want == "" && (err != nil || there != nil):
				t.Errorf("%v, %v", err, there)
			case tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want) || !errors.Is(there, os.ErrNotExist)):
				t.Errorf("%v, want %q; the document: %v", err, tt.want, there)
			}
		})
	}
}

// Classes stand side by side, each with its own verdict, and what differs is said.
func TestTable(t *testing.T) {
	t.Chdir(t.TempDir())
	r, outcomes := made(t, map[string]float64{"m4-max": 1.10, "h100": 0.90})
	for _, j := range r.Jobs {
		if err := r.collect(context.Background(), nil, j, outcomes[j.Class]); err != nil {
			t.Fatal(err)
		}
		j.Outcome = outcomes[j.Class]
	}
	r.Jobs = append(r.Jobs, &Tracked{Job: job.Job{Class: "m1-air", Name: "x", Experiments: []string{"x"}}, Failure: &Failure{job.Refused, "worker air: it is not signed"}})
	r.Jobs[1].Outcome.Abandoned = []job.Abandoned{{Worker: "h2", Rounds: 3, Why: "another worker went on"}}
	var out bytes.Buffer
	if err := Table(&out, r); err != nil {
		t.Fatal(err)
	}
	Account(&out, r)
	for _, want := range []string{
		"experiment  case     variant  phase   m4-max", "pass (complete)", "fail (complete)", "default  fused    decode  1.099× [1.097, 1.100]  0.899×",
		"Speeds of two columns may be compared", "note: x: the plugin differs between columns: m4-max has gate 0.1.0, h100 has gate 0.2.0",
		"note: x: the device's kind differs between columns: m4-max has cpu, h100 has cuda",
		"m1-air     x: no result: worker air: it is not signed", "h100       x: 3 rounds of worker h2 are in no document: another worker went on",
		"2 jobs have one accepted result each, with 16 rounds; 1 have none; 3 rounds were measured again on another set-up",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, out.String())
		}
	}
}
