package record

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Kernels is what one iteration of a phase dispatched on the plugin's device.
type Kernels struct {
	Digest     string       `json:"digest"` // of the list
	Dispatched []Dispatched `json:"dispatched"`
}

// Dispatched is dispatches of one kernel that are alike in all that the device was
// told, but for what is in buffers.
type Dispatched struct {
	Kernel            string    `json:"kernel"`
	Constants         string    `json:"constants"` // function constants, "0=true 3=64"
	Source            string    `json:"source"`    // digest of the kernel's source; empty: it is a part of the plugin
	Grid              [3]uint32 `json:"grid"`      // threads
	Threadgroup       [3]uint32 `json:"threadgroup"`
	ThreadgroupMemory []uint64  `json:"threadgroup_memory"` // bytes
	Arguments         string    `json:"arguments"`          // digest of those that are no buffers
	Count             float64   `json:"count"`              // of one iteration
}

// NewKernels digests what was dispatched.
func NewKernels(list []Dispatched) (Kernels, error) {
	raw, err := json.Marshal(list)
	if err != nil {
		return Kernels{}, fmt.Errorf("dispatched kernels: %w", err)
	}
	sum := sha256.Sum256(raw)
	return Kernels{Digest: hex.EncodeToString(sum[:8]), Dispatched: list}, nil
}

// ran keeps what the variant's first visit in a phase dispatched.
func (v *Variant) ran(phase string, k Kernels) {
	if v.Kernels == nil {
		v.Kernels = map[string]Kernels{}
	}
	if _, ok := v.Kernels[phase]; !ok {
		v.Kernels[phase] = k
	}
}

// count is all dispatches of one iteration.
func (k Kernels) count() (n float64) {
	for _, d := range k.Dispatched {
		n += d.Count
	}
	return n
}

// kernels is the digest that all visits of an arm in a phase of the round have,
// empty where they have none or differ.
func (d *Round) kernels(variant, phase string) (digest string) {
	n := 0
	d.visitsOf(variant, phase, func(v *Visit) {
		if n++; n > 1 && v.Kernels != digest {
			v = &Visit{}
		}
		digest = v.Kernels
	})
	return digest
}

// SameKernels says whether two arms of a case dispatched the same in every phase
// of every counted round that has both. It is nil, not decided, where the plugin
// does not say what it dispatched, where an arm or the baseline beside its control
// did not dispatch the same throughout, and for arms of two binaries or kinds of
// device, whose kernels may differ under one name.
func (r *Result) SameKernels(c *Case, variant, other string) *bool {
	a, b, base := c.named(variant), c.named(other), c.baseline()
	if a == nil || b == nil || base == nil || !r.sameCode(a, b) {
		return nil
	}
	for i := range c.Variants {
		if k := &c.Variants[i]; k.Role == RoleControl {
			if same := r.dispatchedAlike(c, base.Name, k.Name); same == nil || !*same {
				return nil
			}
		}
	}
	return r.dispatchedAlike(c, variant, other)
}

// sameCode says that two arms run one plugin binary on one kind of device.
func (r *Result) sameCode(a, b *Variant) bool {
	if max(a.Program, b.Program) >= len(r.Programs) {
		return false // a document of schema 1
	}
	p, q := &r.Programs[a.Program], &r.Programs[b.Program]
	return p.Plugin.SHA256 == q.Plugin.SHA256 && p.Kind == q.Kind
}

func (r *Result) dispatchedAlike(c *Case, a, b string) *bool {
	same, rounds := true, 0
	for i := range c.Rounds {
		d := &c.Rounds[i]
		if !d.Counted || !slices.Contains(d.Arms, a) || !slices.Contains(d.Arms, b) {
			continue
		}
		rounds++
		for _, phase := range r.Experiment.Measure.Phases {
			x, y := d.kernels(a, phase), d.kernels(b, phase)
			if x == "" || y == "" {
				return nil
			}
			same = same && x == y
		}
	}
	if rounds == 0 {
		return nil
	}
	return &same
}

func (c *Case) named(name string) *Variant {
	i := slices.IndexFunc(c.Variants, func(v Variant) bool { return v.Name == name })
	if i < 0 {
		return nil
	}
	return &c.Variants[i]
}

// KindSameKernels is the kind of finding that is the host's own. A plugin's of this
// kind is not kept.
const KindSameKernels = "same_kernels"

// PluginFindings are the findings without the host's own.
func (r *Result) PluginFindings() []Finding {
	return slices.DeleteFunc(append([]Finding{}, r.Findings...), func(f Finding) bool { return f.Kind == KindSameKernels })
}

// sameKernels finds variants that differ from an earlier one, the baseline first,
// and dispatched the same: what they change never reached the device. That is no
// ban: a thread count or an environment may be faster with the same kernels.
func (r *Result) sameKernels() []Finding {
	var out []Finding
	for i := range r.Cases {
		c := &r.Cases[i]
		for k := range c.Variants {
			v := &c.Variants[k]
			if v.Role != RoleVariant && v.Role != RoleProposed || v.Equals != "" {
				continue
			}
			for o := range c.Variants[:k] {
				other := &c.Variants[o]
				same := r.SameKernels(c, v.Name, other.Name)
				if other.Role == RoleControl || other.Equals != "" || same == nil || !*same || !r.sameDevice(v, other) {
					continue
				}
				out = append(out, r.undispatched(c, v, other))
				break
			}
		}
	}
	return out
}

// sameDevice says that two arms of one kind of device have the same one of it:
// where they do not, that is what differs.
func (r *Result) sameDevice(a, b *Variant) bool {
	return r.Programs[a.Program].Index == r.Programs[b.Program].Index
}

func (r *Result) undispatched(c *Case, v, other *Variant) Finding {
	changed := append(changes(v.Config, other.Config), r.environmentChanges(v, other)...)
	what := "what differs between them"
	if len(changed) > 0 {
		what = strings.Join(changed, ", ")
	}
	var phases []string
	for _, phase := range slices.Sorted(maps.Keys(v.Kernels)) {
		k := v.Kernels[phase]
		phases = append(phases, fmt.Sprintf("%.6g in an iteration of %s", k.count(), phase))
	}
	data, err := json.Marshal(map[string]any{"variant": v.Name, "other": other.Name, "changed": changed})
	if err != nil { // three texts
		data = nil
	}
	return Finding{
		Case: c.ID, Kind: KindSameKernels, Certainty: "shown", Data: data,
		Summary: fmt.Sprintf("%q and %q ran the same kernels: %s changed no dispatch", v.Name, other.Name, what),
		Detail: fmt.Sprintf("Both made the same dispatches (%s), alike in kernel, source, constants, grid and arguments. "+
			"A kernel that this was meant to switch on was not dispatched. Else a difference in speed comes from data, the host or the environment.",
			strings.Join(phases, ", ")),
	}
}

// changes lists what differs in one configuration from another: "patches
// (["fused"], not [])".
func changes(config, other json.RawMessage) []string {
	var a, b map[string]json.RawMessage
	if json.Unmarshal(config, &a) != nil || json.Unmarshal(other, &b) != nil {
		return nil
	}
	var out []string
	for _, name := range slices.Sorted(maps.Keys(a)) {
		if was, ok := b[name]; ok && string(was) != string(a[name]) {
			out = append(out, fmt.Sprintf("%s (%s, not %s)", name, shortened(a[name]), shortened(was)))
		}
	}
	return out
}

// environmentChanges names variables in which the programs of two arms differ.
func (r *Result) environmentChanges(a, b *Variant) []string {
	values := func(v *Variant) map[string]string {
		out := map[string]string{}
		for _, x := range r.Programs[v.Program].Environment {
			out[x.Name] = x.Value
		}
		return out
	}
	mine, other := values(a), values(b)
	all := maps.Clone(mine)
	maps.Copy(all, other)
	var out []string
	for _, name := range slices.Sorted(maps.Keys(all)) {
		x, here := mine[name]
		if y, there := other[name]; x != y || here != there {
			out = append(out, "env."+name)
		}
	}
	return out
}

func shortened(raw json.RawMessage) string {
	const most = 60
	if text := []rune(string(raw)); len(text) > most {
		return string(text[:most]) + "…"
	}
	return string(raw)
}
