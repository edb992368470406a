package record

import (
	"crypto/sha256"
	"encoding/hex"
	"testing"
)

func samplesOf(list ...Sample) (out Samples) {
	for _, s := range list {
		out.Add(s)
	}
	return out
}

// The recipe is documented in docs/results.md, so that others can follow it.
func TestSamplesDigestRecipe(t *testing.T) {
	rounds := []Round{{Index: 2, Attempt: 1, Counted: true, Visits: []Visit{
		{Index: 5, Variant: "v", Phase: "decode", Pass: 1, Superseded: true, Samples: samplesOf(
			Sample{Seq: 9, Iterations: 3, WallNs: 100, DeviceNs: 90, EncodeNs: 10, Metrics: map[string]float64{"b": 2, "a": 0.5}},
			Sample{Seq: 10, Iterations: 3, WallNs: 101, DeviceNs: 91, EncodeNs: 11},
		)},
		{Index: 6, Variant: "else", Phase: "decode", Pass: 1, Samples: samplesOf(Sample{Seq: 11})},
		{Index: 7, Variant: "v", Phase: "prefill", Pass: 2, Samples: samplesOf(Sample{Seq: 12, Iterations: 1, WallNs: 7})},
	}}}
	got, err := samplesDigests("v", rounds)
	if err != nil {
		t.Fatal(err)
	}
	for phase, lines := range map[string]string{
		"decode": "2 1 true 5 1 false true 9 3 100 90 10 {\"a\":0.5,\"b\":2}\n" +
			"2 1 true 5 1 false true 10 3 101 91 11 null\n",
		"prefill": "2 1 true 7 2 false false 12 1 7 0 0 null\n",
	} {
		sum := sha256.Sum256([]byte(lines))
		if want := hex.EncodeToString(sum[:]); got[phase] != want {
			t.Errorf("%s: %s, want %s", phase, got[phase], want)
		}
	}
	if len(got) != 2 {
		t.Errorf("%d phases", len(got))
	}
}
