package machine

import "testing"

// The answers are made up after the programs' manual pages: none was taken on a Mac.
func TestWhatMacOSTells(t *testing.T) {
	for out, want := range map[string]string{
		"Now drawing from 'AC Power'\n -InternalBattery-0 (id=1)\t100%; charged;": "ac",
		"Now drawing from 'Battery Power'\n":                                      "battery",
		"":                                                                        "",
	} {
		if got := parsePowerSource(out); got != want {
			t.Errorf("%q: %q, want %q", out, got, want)
		}
	}
	for out, want := range map[string]bool{" lowpowermode         1\n": true, " lowpowermode         0\n": false, "": false, " powermode 1\n": false} {
		if got := parseLowPower(out); got != want {
			t.Errorf("%q: %t", out, got)
		}
	}
	const head = "+-o AGXAcceleratorG13X  <class AGXAcceleratorG13X, id 0x100000, registered, matched, active, busy 0 (0 ms), retain 83>\n    {\n      \"PerformanceStatistics\" = {\"Alloc system memory\"=1520140288,\"Tiler Utilization %\"=99,"
	for out, want := range map[string]float64{
		head + "\"Device Utilization %\"=37,\"recoveryCount\"=0}\n":                        0.37,
		head + "\"Device Utilization %\"=0}\n":                                             0,
		head + "\"Device Utilization %\" = 4}\n" + head + "\"Device Utilization %\"=80}\n": 0.8,
		head + "\"recoveryCount\"=0}\n":                                                    -1,
		head + "\"Device Utilization %\"=18446744073709551615}\n":                          -1,
		"": -1,
	} {
		got := parseGPUBusy(out)
		if (got == nil) != (want < 0) || got != nil && *got != want {
			t.Errorf("%q: %v, want %g", out, got, want)
		}
	}
}
