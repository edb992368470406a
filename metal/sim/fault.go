package sim

import (
	"fmt"
	"iter"
	"strconv"
	"strings"

	"github.com/assay-bench/assay/metal"
	"github.com/assay-bench/assay/metal/msl"
)

// report is a fault line of the child: key=value pairs. A word without = goes on
// with the value before it, which is a file's name with spaces.
type report map[string]string

func parseFault(line string) report {
	rest, ok := strings.CutPrefix(line, "fault ")
	if !ok {
		return nil
	}
	r := report{}
	last := ""
	for _, word := range strings.Split(rest, " ") {
		if key, value, ok := strings.Cut(word, "="); ok {
			r[key], last = value, key
		} else {
			r[last] += " " + word
		}
	}
	return r
}

// fault turns the child's answer to a run into an error.
func (k *kernel) fault(line string, modules []string) error {
	r := parseFault(line)
	if r == nil {
		return fmt.Errorf("kernel %s: %s", k.name(), strings.TrimPrefix(line, "error "))
	}
	at, why := k.place(r, modules), ""
	if r["kind"] == "stack" {
		at, why = k.outgrown(r, modules)
	}
	if at != "" {
		at += ": "
	}
	return fmt.Errorf("kernel %s: %w: %s%s%s", k.name(), metal.ErrFault, at, k.explain(r), why)
}

// explain says what happened, in the source's terms.
func (k *kernel) explain(r report) string {
	thread := ""
	if t := r["thread"]; t != "" {
		thread = " by thread " + t
	}
	verb := "read"
	if r["write"] == "1" {
		verb = "write"
	}
	switch r["kind"] {
	case "access":
		return fmt.Sprintf("%s of %s bytes%s at byte %s of %s", verb, r["size"], thread, r["offset"], k.region(r))
	case "null":
		return fmt.Sprintf("%s of %s bytes%s through a null pointer: is every argument bound?", verb, r["size"], thread)
	case "bounds":
		return fmt.Sprintf("index %s%s is outside the array", r["index"], thread)
	case "barrier":
		// Threads of a barrier are named by their place in the threadgroup.
		other := "has returned"
		if r["otherline"] != "0" {
			other = "waits at the one in line " + r["otherline"]
		}
		return fmt.Sprintf("barrier is not reached by all threads of threadgroup %s: thread %s waits at it, thread %s %s", r["group"], r["thread"], r["other"], other)
	case "lanes":
		return fmt.Sprintf("matrix operation%s with %s of the 32 threads of its simdgroup: all must reach it together", thread, r["lanes"])
	case "divide":
		return "integer division by zero" + thread
	case "stack":
		return "thread memory exceeds 128 KiB" + thread
	case "other-thread":
		return fmt.Sprintf("%s of %s bytes%s in another thread's memory", verb, r["size"], thread)
	case "threadgroup-memory":
		last := "its arguments"
		if name := r["name"]; name != "" {
			last = fmt.Sprintf("variable %s of %s bytes", name, r["length"])
		}
		return fmt.Sprintf("%s bytes of threadgroup memory with %s, at most %s on an Apple GPU", r["size"], last, r["limit"])
	case "threadgroup-variables":
		return fmt.Sprintf("more than %s threadgroup variables and arguments", r["limit"])
	case "hang":
		return "still running" + thread
	case "segv":
		return "access to memory that is no argument's, or not aligned as its type wants," + thread
	}
	return "kernel stopped (" + r["kind"] + ")" + thread
}

// region names the memory an access missed.
func (k *kernel) region(r report) string {
	length := fmt.Sprintf(", which has %s bytes", r["length"])
	if name := r["name"]; name != "" {
		return "threadgroup variable " + name + length
	}
	for _, a := range k.k.Args {
		switch index := strconv.Itoa(a.Index); {
		case a.Space == msl.Threadgroup && index == r["shared"]:
			return fmt.Sprintf("argument %s [[threadgroup(%s)]]", a.Name, index) + length
		case (a.Space == msl.Device || a.Space == msl.Constant) && index == r["buffer"]:
			return fmt.Sprintf("argument %s [[buffer(%s)]]", a.Name, index) + length
		}
	}
	return "no argument of the kernel"
}

// place is file:line of a fault, or empty.
func (k *kernel) place(r report, modules []string) string {
	if line := r["line"]; line != "" && line != "0" {
		return r["file"] + ":" + line
	}
	for module, pc := range frames(r, modules) {
		if at := lineOf(module, k.files, pc); at != "" {
			return at
		}
	}
	return ""
}

// frames are the addresses of a report's stack in modules, innermost first.
func frames(r report, modules []string) iter.Seq2[string, uint64] {
	return func(yield func(module string, pc uint64) bool) {
		for _, frame := range strings.Split(r["stack"], ",") {
			number, offset, ok := strings.Cut(frame, ":")
			n, err := strconv.Atoi(number)
			pc, pcErr := strconv.ParseUint(offset, 16, 64)
			if !ok || err != nil || pcErr != nil || n < 0 || n >= len(modules) {
				continue
			}
			if !yield(modules[n], pc) {
				return
			}
		}
	}
}

// outgrown blames a stack that is too small on the largest variable of the
// function that needed more, where that is an eighth of it.
func (k *kernel) outgrown(r report, modules []string) (at, why string) {
	for module, pc := range frames(r, modules) {
		if v := largest(module, k.files, pc); v.size >= 16<<10 {
			return v.at, fmt.Sprintf(": %s has %d bytes", v.name, v.size)
		}
	}
	return k.place(r, modules), ": its functions' variables and the calls it is in are too large"
}
