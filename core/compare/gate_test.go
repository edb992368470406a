package compare

import (
	"strings"
	"testing"

	"github.com/assay-bench/assay/core/internal/fakeresult"
	"github.com/assay-bench/assay/core/record"
)

// program lets every arm run one program of that digest.
func program(digest string) func(*record.Result) {
	return func(r *record.Result) {
		r.Programs = []record.Program{{Plugin: record.Binary{Name: "gate", SHA256: digest}, Kind: "cpu", Device: "cpu", Environment: []record.Variable{}}}
	}
}

func all(changes ...func(*record.Result)) func(*record.Result) {
	return func(r *record.Result) {
		for _, c := range changes {
			c(r)
		}
	}
}

func elsewhere(r *record.Result) { r.Metadata.Host.Hostname = "bench-2" }

func TestGate(t *testing.T) {
	const calm = 0.002
	for _, c := range []struct {
		name    string
		speed   float64 // of B against its baseline; A's is 1.02
		base    float64 // B's baseline, ns; A's takes 8.5e6
		noise   float64
		change  func(*record.Result) // of B
		verdict string
		reason  string
		win     bool
	}{
		{"as it was, machine slower", 1.02, 9.4e6, calm, program("bb02"), "pass", `both against "separate"`, false},
		{"as it was, other machine", 1.02, 5e6, calm, all(program("bb02"), elsewhere), "pass", `both against "separate"`, false},
		{"slower", 0.99, 8.5e6, calm, program("bb02"), "fail", "a loss is proven", false},
		{"faster", 1.06, 8.5e6, calm, program("bb02"), "pass", `faster than in the stored baseline "A", and proven so`, true},
		{"noise", 1.02, 8.5e6, 0.08, program("bb02"), "invalid", "noise floor", false},
		{"no common arm, machine wanders", 1.02, 8.5e6, calm, program("cc03"), "inconclusive", "no arm is in both sessions", false},
		{"no common arm, drift", 1.02, 9.4e6, calm, program("cc03"), "fail", "what drifted between them is in no interval", false},
		{"no common arm, other machine", 1.02, 8.5e6, calm, all(program("cc03"), elsewhere), "invalid", "the machine is not the same", false},
		{"simulated", 1.02, 8.5e6, calm, all(program("bb02"), func(r *record.Result) { r.Metadata.Device.Simulated = true }), "invalid", "simulated", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := made(t, fakeresult.Options{Change: program("bb02"), Noise: c.noise})
			b := made(t, fakeresult.Options{
				Session: "20260302T120000Z-1b1b1b", Seed: 99, BaseNs: c.base, Noise: c.noise,
				Variants: map[string]float64{"fused": c.speed}, Order: []string{"fused"}, Change: c.change,
			})
			gate, err := Gate("a.json", a, b, 0.01)
			if err != nil {
				t.Fatal(err)
			}
			j := gate.Cases[0].Judgements[0]
			if gate.Verdict != c.verdict || string(j.Verdict) != c.verdict || !strings.Contains(j.Reason, c.reason) || j.Win != c.win {
				t.Errorf("verdict %s, win %v: %s\nnext: %s", gate.Verdict, j.Win, j.Reason, j.Next)
			}
			if j.Against != "A" || b.Cases[0].Judgements[0].Against != "" {
				t.Error("the gate's judgements are against A, and the document's own stay")
			}
		})
	}
}

func TestGateNeedsSomethingInCommon(t *testing.T) {
	a, b := made(t, fakeresult.Options{Cases: []string{"tokens=1"}}), made(t, fakeresult.Options{Cases: []string{"tokens=4"}})
	gate, err := Gate("a.json", a, b, 0.01)
	if err != nil {
		t.Fatal(err)
	}
	if j := gate.Cases[0].Judgements[0]; j.Verdict != "invalid" || !strings.Contains(j.Reason, "no case tokens=4") {
		t.Errorf("%s: %s", j.Verdict, j.Reason)
	}
	if _, err := Gate("a.json", a, made(t, fakeresult.Options{Phases: []string{"prefill"}}), 0.01); err == nil || !strings.Contains(err.Error(), "no phase in common") {
		t.Errorf("error %v", err)
	}
}

// Two sessions that are over get no more rounds, and are not told to add any.
func TestGateOfTooFewRounds(t *testing.T) {
	speeds, order := map[string]float64{}, []string{}
	for _, name := range strings.Split("abcdefghijklmnop", "") {
		speeds[name], order = 1.02, append(order, name)
	}
	o := fakeresult.Options{Variants: speeds, Order: order, Margin: -1, Change: program("bb02")}
	b := made(t, o)
	o.Change = all(program("bb02"), func(r *record.Result) { r.Plan.Looks[0].Rounds = 20 })
	gate, err := Gate("a.json", made(t, o), b, 0.01)
	if err != nil {
		t.Fatal(err)
	}
	for _, j := range gate.Cases[0].Judgements {
		if j.Verdict == "pass" || !j.Final || strings.Contains(j.Next, "add") || j.Next == "" {
			t.Errorf("%s: %s, final %v: %s; next: %s", j.Variant, j.Verdict, j.Final, j.Reason, j.Next)
		}
	}
}
