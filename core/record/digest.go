package record

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
)

// samplesDigests are, by phase, the SHA-256, in hex, of everything measured of
// one variant: one line per sample, in the document's order, with fields parted
// by spaces:
//
//	round attempt counted visit pass contaminated superseded seq iterations
//	wall_ns device_ns encode_ns metrics
//
// metrics is a JSON object with sorted keys, null without any. Most samples can
// change without moving a median; this tells.
func samplesDigests(variant string, rounds []Round) (map[string]string, error) {
	sums, from := map[string]hash.Hash{}, 0
	for i := len(rounds) - 1; i >= 0; i-- {
		if f := rounds[i].Figures; f != nil {
			sums, from = f.cloned(variant), i+1
			break
		}
	}
	for i := range rounds[from:] {
		if err := rounds[from+i].addLines(variant, sums); err != nil {
			return nil, err
		}
	}
	out := map[string]string{}
	for phase, h := range sums {
		out[phase] = hex.EncodeToString(h.Sum(nil))
	}
	return out, nil
}

// addLines adds a round's samples of one variant.
func (d *Round) addLines(variant string, sums map[string]hash.Hash) error {
	for j := range d.Visits {
		v := &d.Visits[j]
		if v.Variant != variant {
			continue
		}
		if sums[v.Phase] == nil {
			sums[v.Phase] = sha256.New()
		}
		for k := range v.Samples.Len() {
			s := v.Samples.At(k)
			metrics := []byte("null")
			if len(s.Metrics) > 0 {
				var err error
				if metrics, err = json.Marshal(s.Metrics); err != nil {
					return fmt.Errorf("round %d, visit %d, sample %d: %w", d.Index, v.Index, s.Seq, err)
				}
			}
			fmt.Fprintf(sums[v.Phase], "%d %d %t %d %d %t %t %d %d %d %d %d %s\n", d.Index, d.Attempt, d.Counted, v.Index, v.Pass,
				v.Contaminated, v.Superseded, s.Seq, s.Iterations, s.WallNs, s.DeviceNs, s.EncodeNs, metrics)
		}
	}
	return nil
}
