package main

import "slices"

// outputs wants at least one, and each to be written.
func (r *reader) outputs(launches []*launch) {
	any := false
	for _, name := range sorted(r.buffers) {
		b := r.buffers[name]
		if !b.output {
			continue
		}
		any = true
		written := slices.ContainsFunc(launches, func(l *launch) bool {
			return slices.ContainsFunc(l.args, func(a argument) bool { return a.buffer == b && a.writes })
		})
		if !written {
			r.fault(label("buffer", name)+".output", "never_written", "no kernel can write this output", "%s.", r.unwritten(launches, b))
		}
	}
	if !any && len(launches) > 0 {
		r.fault("", "no_output", "nothing would be checked", "Write output = true in the buffer that the kernel writes.")
	}
}

// unwritten says how an argument that no kernel writes is declared, and what to do.
func (r *reader) unwritten(launches []*launch, b *buffer) string {
	for _, l := range launches {
		for _, a := range buffers(l.kernel) {
			switch {
			case l.args[a.Index].buffer != b:
			case l.text.src.Library != "":
				return place(a) + ". Take output = true away"
			default:
				return place(a) + ". Take const away there, or output = true here"
			}
		}
	}
	return "It is no argument. Take output = true away"
}
