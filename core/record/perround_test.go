package record

import (
	"maps"
	"math"
	"testing"
)

// visits makes a round whose arms take the given times in each pass, one slice
// of samples per pass.
func visits(arms map[string][][]float64) *Round {
	d := &Round{}
	for name, passes := range arms {
		for i, samples := range passes {
			v := Visit{Variant: name, Phase: "decode", Pass: i + 1}
			for _, t := range samples {
				v.Samples.Add(Sample{Iterations: 10, WallNs: int64(10 * t), DeviceNs: int64(5 * t)})
			}
			d.Visits = append(d.Visits, v)
		}
	}
	return d
}

func TestLogRatioOfARound(t *testing.T) {
	even := func(ts ...float64) (out [][]float64) {
		for _, x := range ts {
			out = append(out, []float64{x, x})
		}
		return out
	}
	for _, c := range []struct {
		name          string
		base, variant [][]float64
		want          float64 // speed of the variant
	}{
		{"the same", even(1000, 1000), even(1000, 1000), 1},
		{"twice as slow", even(1000, 1000), even(2000, 2000), 0.5},
		{"a steady slowing cancels", even(1000, 1030), even(1010, 1020), math.Sqrt(1000.0 / 1010 * 1030 / 1020)},
		{"a slow sample in every visit changes nothing", [][]float64{{1000, 9000}, {9000, 1000}}, [][]float64{{3000, 1000}, {1000, 1000}}, 1},
		{"memory that turns fast half way cancels", even(1000, 1000, 1000, 500, 500, 500), even(1000, 1000, 1000, 500, 500, 500), 1},
		{"one visit slow throughout is outvoted", even(1000, 1000, 1000, 1000), even(1000, 1000, 3000, 1000), 1},
		{"a pass without the baseline is left out", even(1000), even(1000, 4000), 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, ok := visits(map[string][][]float64{"b": c.base, "v": c.variant}).LogRatio("b", "v", "decode")
			if !ok || math.Abs(math.Exp(got)-c.want) > 1e-12 {
				t.Errorf("speed %v (%v), want %v", math.Exp(got), ok, c.want)
			}
		})
	}
}

func TestRoundWithoutTimes(t *testing.T) {
	d := visits(map[string][][]float64{"b": {{1000}}, "v": {{}}})
	if _, ok := d.LogRatio("b", "v", "decode"); ok {
		t.Error("a ratio without samples of the variant")
	}
	if _, ok := d.LogRatio("b", "b", "prefill"); ok {
		t.Error("a ratio in a phase that was not measured")
	}
	if _, _, _, ok := d.PerIteration("v", "decode"); ok {
		t.Error("a time without samples")
	}
	d.Visits[0].Superseded = true
	if _, _, _, ok := d.PerIteration("b", "decode"); ok && d.Visits[0].Variant == "b" {
		t.Error("a superseded visit gave a time")
	}
}

func TestTimesComeFromTheFastestSample(t *testing.T) {
	d := visits(map[string][][]float64{"v": {{3000, 1000}, {2000, 5000}, {1200, 1300}}})
	wall, device, _, ok := d.PerIteration("v", "decode")
	if !ok || wall != 1200 || device != 600 {
		t.Errorf("wall %v, device %v, want the median over visits of their fastest samples: 1200 and 600", wall, device)
	}
}

// A variant's metric is the median over rounds: a round with many samples, and one
// that was measured again, weigh as one.
func TestMetricsAreMediansOverRounds(t *testing.T) {
	round := func(counted bool, values ...float64) Round {
		d := Round{Counted: counted, Prepared: []Prepared{{Variant: "v", PrepareNs: 7}}, Visits: []Visit{{Variant: "v", Phase: "decode", Pass: 1}}}
		for _, x := range values {
			d.Visits[0].Samples.Add(Sample{Iterations: 1, WallNs: 1, Metrics: map[string]float64{"err": x}})
		}
		return d
	}
	for name, c := range map[string]struct {
		rounds []Round
		want   map[string]float64
	}{
		"one":                  {[]Round{round(true, 1, 2, 9)}, map[string]float64{"err": 2}},
		"many samples in one":  {[]Round{round(true, 5, 5, 5, 5, 5), round(true, 1), round(true, 2)}, map[string]float64{"err": 2}},
		"one measured again":   {[]Round{round(false, 5), round(false, 5), round(false, 5), round(true, 5), round(true, 1), round(true, 2)}, map[string]float64{"err": 2}},
		"nothing that counts":  {[]Round{round(false, 5)}, map[string]float64{}},
		"a round without any":  {[]Round{round(true), round(true, 3)}, map[string]float64{"err": 3}},
		"values that JSON has": {[]Round{round(true, math.NaN(), 4)}, map[string]float64{"err": 4}},
	} {
		v := Variant{Name: "v"}
		v.collect("base", &Case{Rounds: c.rounds})
		if !maps.Equal(v.Metrics, c.want) || v.PrepareNs != 7 {
			t.Errorf("%s: %v, prepared in %d ns, want %v", name, v.Metrics, v.PrepareNs, c.want)
		}
	}
}
