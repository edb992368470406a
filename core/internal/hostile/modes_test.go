package hostile

import "testing"

// Each mode that a session may not pass over is named by what assay says of it.
func TestModesAreNamed(t *testing.T) {
	seen := map[string]bool{}
	for _, m := range Modes {
		if seen[m.Name] {
			t.Errorf("%s is there twice", m.Name)
		}
		seen[m.Name] = true
		if m.Says == "" && m.Effect != Harmless {
			t.Errorf("%s (%s) has no name", m.Name, m.Effect)
		}
	}
	if len(Modes) < 60 {
		t.Errorf("%d modes", len(Modes))
	}
}
