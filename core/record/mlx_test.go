package record

import "testing"

func TestMLXIsThatOfTheProcesses(t *testing.T) {
	machine := "0.30.0"
	for name, c := range map[string]struct {
		stated       []string
		want, reason string
	}{
		"nobody states one": {[]string{"", ""}, machine, ""},
		"one version":       {[]string{"", "0.32.4", "0.32.4"}, "0.32.4", ""},
		"two versions":      {[]string{"0.32.4", "0.31.2", "0.32.4"}, "", "processes of this session run MLX 0.31.2 and 0.32.4: device.facts of each has its own"},
	} {
		r := &Result{Cases: []Case{{ID: "c", Rounds: []Round{{}}}}}
		r.Metadata.MLXVersion = &machine
		for _, v := range c.stated {
			p := Process{Program: 1, Device: Device{Facts: map[string]string{mlxFact: v}}}
			if err := r.applyToRound(Event{Data: ProcessEvent{Case: "c", Round: 1, Process: p}}, 0); err != nil {
				t.Fatal(err)
			}
		}
		got := ""
		if r.Metadata.MLXVersion != nil {
			got = *r.Metadata.MLXVersion
		}
		if got != c.want || r.Metadata.MLXReason != c.reason {
			t.Errorf("%s: %q, %q; want %q, %q", name, got, r.Metadata.MLXReason, c.want, c.reason)
		}
	}
}
