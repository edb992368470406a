package main

import (
	"bytes"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
)

// difference is two numbers of an output that should be the same.
type difference struct {
	t           dtype // of a number: each half of a complex one has its own
	apple, ours uint64
}

// outcome is what became of one kernel.
type outcome struct {
	family, kernel string

	failed    string   // why a side was not run
	neither   string   // why the simulator runs the kernel on neither side
	arguments []string // where the two sides' arguments differ
	numbers   int      // compared
	causes    map[string]int
	bad       int    // numbers that differ and no cause explains
	first     string // of those
	assumed   []string
}

// equal reports whether every bit is the same on both sides.
func (o *outcome) equal() bool { return o.ran() && len(o.causes) == 0 && o.bad == 0 }

// explained reports whether every difference has a cause.
func (o *outcome) explained() bool { return o.ran() && len(o.causes) > 0 && o.bad == 0 }

func (o *outcome) ran() bool { return o.failed == "" && o.neither == "" }

// compare holds what the buffers of both sides contain against each other.
func (o *outcome) compare(p *plan, apple, ours map[string][]byte, known []cause) {
	o.causes = map[string]int{}
	for _, name := range slices.Sorted(maps.Keys(ours)) {
		a, b, t := apple[name], ours[name], p.values[name].t.lane()
		o.numbers += len(b) / t.size
		if bytes.Equal(a, b) {
			continue
		}
		if len(a) != len(b) {
			o.bad++
			o.first = fmt.Sprintf("%s: only our side has such an argument", name)
			continue
		}
		for i := range len(b) / t.size {
			d := difference{t, get(a, t.size, i), get(b, t.size, i)}
			if d.apple == d.ours {
				continue
			}
			if c := explain(known, o.assumed, d); c != "" {
				o.causes[c]++
				continue
			}
			if o.bad++; o.bad == 1 {
				o.first = fmt.Sprintf("%s[%d]: Apple's code gives %s, ours %s%s", name, i, show(t, d.apple), show(t, d.ours), p.inputs(name, i))
			}
		}
	}
}

// inputs shows what the other buffers had where an output has its number i.
func (p *plan) inputs(output string, i int) string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(p.values)) {
		v := p.values[name]
		t := v.t.lane()
		switch {
		case name == output || v.inline:
		case (i+1)*t.size <= len(v.data):
			fmt.Fprintf(&b, ", %s[%d] is %s", name, i, show(t, get(v.data, t.size, i)))
		case len(v.data) == t.size:
			fmt.Fprintf(&b, ", %s is %s", name, show(t, get(v.data, t.size, 0)))
		}
	}
	return b.String()
}

// show writes a number with its bits.
func show(t dtype, bits uint64) string {
	switch {
	case t.floating():
		return fmt.Sprintf("%v (0x%0*x)", toFloat(t, bits), 2*t.size, bits)
	case t.kind == signed:
		shift := 64 - 8*t.size
		return fmt.Sprint(int64(bits<<shift) >> shift)
	}
	return fmt.Sprint(bits)
}

// nan reports whether bits are not a number.
func (d difference) nan() (apple, ours bool) {
	if !d.t.floating() {
		return false, false
	}
	return math.IsNaN(toFloat(d.t, d.apple)), math.IsNaN(toFloat(d.t, d.ours))
}
