package record

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
)

// samplesDigest is the SHA-256, in hex, of everything measured of one variant:
// one line per sample, in the document's order, with fields parted by spaces:
//
//	round attempt counted visit phase pass contaminated superseded seq
//	iterations wall_ns device_ns encode_ns metrics
//
// phase is a JSON string and metrics a JSON object with sorted keys (null
// without any). Most samples can change without moving a median; this tells.
func samplesDigest(variant string, rounds []Round) (string, error) {
	h := sha256.New()
	for i := range rounds {
		d := &rounds[i]
		for j := range d.Visits {
			v := &d.Visits[j]
			if v.Variant != variant {
				continue
			}
			phase, err := json.Marshal(v.Phase)
			if err != nil {
				return "", err
			}
			for _, s := range v.Samples {
				metrics, err := json.Marshal(s.Metrics)
				if err != nil {
					return "", fmt.Errorf("round %d, visit %d, sample %d: %w", d.Index, v.Index, s.Seq, err)
				}
				if len(s.Metrics) == 0 {
					metrics = []byte("null")
				}
				fmt.Fprintf(h, "%d %d %t %d %s %d %t %t %d %d %d %d %d %s\n", d.Index, d.Attempt, d.Counted, v.Index, phase, v.Pass,
					v.Contaminated, v.Superseded, s.Seq, s.Iterations, s.WallNs, s.DeviceNs, s.EncodeNs, metrics)
			}
		}
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
