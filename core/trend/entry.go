package trend

import (
	"time"

	"github.com/assay-bench/assay/core/compare"
	"github.com/assay-bench/assay/core/history"
	"github.com/assay-bench/assay/core/record"
)

// Entry is what the index has of one document.
type Entry struct {
	Path       string         `json:"path"` // from the folder
	Size       int64          `json:"size"`
	Modified   time.Time      `json:"modified"`
	Fault      string         `json:"fault,omitempty"` // why it cannot be read; then there is nothing else
	Session    string         `json:"session,omitempty"`
	Experiment string         `json:"experiment,omitempty"`
	Started    time.Time      `json:"started,omitzero"`
	Verdict    string         `json:"verdict,omitempty"`
	Status     record.Status  `json:"status,omitempty"`
	Sentence   string         `json:"sentence,omitempty"` // of the verdict
	Device     string         `json:"device,omitempty"`
	Cases      int            `json:"cases,omitempty"`
	Simulated  bool           `json:"simulated,omitempty"`
	Machine    string         `json:"machine,omitempty"`
	Setup      []compare.Part `json:"-"` // most have the same: the file has each once
	SetupAt    int            `json:"setup,omitempty"`
	Speeds     []Speed        `json:"speeds,omitempty"`
	Floors     []Floor        `json:"floors,omitempty"`
}

// Speed of a variant against its session's own baseline.
type Speed struct {
	Case       string       `json:"case"`
	Variant    string       `json:"variant"`
	Phase      string       `json:"phase"`
	Ratio      record.Ratio `json:"ratio"`
	Rounds     int          `json:"rounds"`
	Verdict    string       `json:"verdict,omitempty"` // of the judgements of its speed, the worst
	Config     string       `json:"config"`            // digests, the baseline's too
	Unbelieved string       `json:"unbelieved,omitempty"`
}

// Floor is the noise floor of a case, at 95 %.
type Floor struct {
	Phase string  `json:"phase"`
	Share float64 `json:"share"`
}

func entryOf(r *record.Result) Entry {
	d := r.Metadata.Device
	e := Entry{
		Session: r.Session.ID, Experiment: r.Experiment.Name, Started: r.Session.Started, Verdict: r.Verdict,
		Status: r.Status, Device: d.Name, Cases: len(r.Cases), Simulated: d.Simulated, Machine: history.MachineName(r.Metadata.Host, d.Kind, d.Name), Setup: compare.Setup(r),
	}
	for i := range r.Cases {
		c := &r.Cases[i]
		base := ""
		for _, v := range c.Variants {
			if v.Role == record.RoleBaseline {
				base = v.ConfigDigest
			}
		}
		for k := range c.Variants {
			v := &c.Variants[k]
			for _, phase := range r.Experiment.Measure.Phases {
				s, ok := v.Phases[phase]
				if !ok || s.Ratio == nil || v.Role == record.RoleControl {
					continue
				}
				e.Speeds = append(e.Speeds, Speed{
					Case: c.ID, Variant: v.Name, Phase: phase, Ratio: *s.Ratio, Rounds: s.Rounds,
					Verdict: verdictOf(c, v.Name, phase), Config: base + " " + v.ConfigDigest, Unbelieved: unbelieved(r, c, v),
				})
			}
		}
		for _, k := range c.Controls {
			if k.NoiseFloor != nil {
				e.Floors = append(e.Floors, Floor{k.Phase, *k.NoiseFloor})
			}
		}
	}
	return e
}

func verdictOf(c *record.Case, variant, phase string) (worst string) {
	for _, j := range c.Judgements {
		if j.Variant == variant && j.Phase == phase && j.Speed() {
			worst = record.Worse(worst, string(j.Verdict))
		}
	}
	return worst
}

// unbelieved says why a speed is held against no other one.
func unbelieved(r *record.Result, c *record.Case, v *record.Variant) string {
	if r.Verdict == "invalid" {
		return "its session is invalid"
	}
	return c.Unbelieved(v)
}
