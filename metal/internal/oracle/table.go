package main

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// row is one family's line of the table.
type row struct{ kernels, equal, explained, bad, failed, neither int }

func (r *row) add(o *outcome) {
	r.kernels++
	switch {
	case o.neither != "":
		r.neither++
	case !o.ran():
		r.failed++
	case o.equal():
		r.equal++
	case o.explained():
		r.explained++
	default:
		r.bad++
	}
}

func (r row) print(out io.Writer, name string) {
	share := "-"
	if n := r.kernels - r.neither; n > 0 {
		share = fmt.Sprintf("%.1f %%", float64(1000*r.equal/n)/10) // rounded down: 100 means all
	}
	fmt.Fprintf(out, "| %-21s | %7d | %9d | %7s | %9d | %11d | %6d | %7d |\n", name, r.kernels, r.equal, share, r.explained, r.bad, r.failed, r.neither)
}

// tabulate prints what became of the kernels, and what that rests on.
func tabulate(out io.Writer, outcomes []outcome, details int) {
	rows := map[string]*row{}
	var order []string
	var total row
	for i := range outcomes {
		o := &outcomes[i]
		if rows[o.family] == nil {
			rows[o.family] = &row{}
			order = append(order, o.family)
		}
		rows[o.family].add(o)
		total.add(o)
	}
	fmt.Fprintf(out, "| %-21s | %7s | %9s | %7s | %9s | %11s | %6s | %7s |\n|%s|\n", "family", "kernels", "bit-equal", "share", "explained", "unexplained", "failed", "neither",
		strings.Join([]string{"---", "---:", "---:", "---:", "---:", "---:", "---:", "---:"}, "|"))
	for _, name := range order {
		rows[name].print(out, name)
	}
	total.print(out, fmt.Sprintf("%d families", len(order)))
	printCauses(out, outcomes)
	printNeither(out, outcomes)
	printAssumed(out, outcomes)
	printBad(out, outcomes, details)
}

// printCauses says what explains differences, and how many.
func printCauses(out io.Writer, outcomes []outcome) {
	type count struct{ kernels, numbers int }
	counts := map[string]count{}
	compared := 0
	for _, o := range outcomes {
		compared += o.numbers
		for name, n := range o.causes {
			c := counts[name]
			counts[name] = count{c.kernels + 1, c.numbers + n}
		}
	}
	fmt.Fprintf(out, "\nNumbers compared: %d.\n", compared)
	for _, c := range causes {
		if n := counts[c.name]; n.numbers > 0 {
			fmt.Fprintf(out, "Explained by %s: %d numbers of %d kernels. %s.\n", c.name, n.numbers, n.kernels, capital(c.assumes))
		}
	}
}

func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

// printNeither counts what runs on neither side, by the rule.
func printNeither(out io.Writer, outcomes []outcome) {
	first := map[string]outcome{}
	counts := map[string]int{}
	for _, o := range outcomes {
		if o.neither != "" {
			r := rule(errors.New(o.neither))
			if counts[r]++; counts[r] == 1 {
				first[r] = o
			}
		}
	}
	for _, r := range slices.Sorted(maps.Keys(counts)) {
		fmt.Fprintf(out, "Neither side runs %d kernels, for the same reason on both: %s.\n  %s: %s\n", counts[r], r, first[r].kernel, first[r].neither)
	}
}

// printAssumed lists what AIR only names. Both sides take it from the simulator.
func printAssumed(out io.Writer, outcomes []outcome) {
	counts := map[string]int{}
	for _, o := range outcomes {
		for _, name := range o.assumed {
			counts[name]++
		}
	}
	if len(counts) == 0 {
		return
	}
	names := slices.SortedFunc(maps.Keys(counts), func(a, b string) int {
		if counts[a] != counts[b] {
			return counts[b] - counts[a]
		}
		return strings.Compare(a, b)
	})
	texts := make([]string, len(names))
	for i, name := range names {
		texts[i] = fmt.Sprintf("%s (%d)", name, counts[name])
	}
	fmt.Fprintf(out, "\nProven by Apple's code: which function is called where, with which types, and all that is around it.\n"+
		"Assumed, because Apple's code only names it and both sides take it from the simulator (kernels that call it): %s.\n", strings.Join(texts, ", "))
}

// printBad lists what is not explained: at most so many kernels, but all if that is 0.
func printBad(out io.Writer, outcomes []outcome, most int) {
	printed, left := 0, 0
	say := func(o outcome, format string, args ...any) {
		if most > 0 && printed >= most {
			left++
			return
		}
		printed++
		fmt.Fprintf(out, "\n%s (%s): %s\n", o.kernel, o.family, fmt.Sprintf(format, args...))
	}
	for _, o := range outcomes {
		for _, text := range o.arguments {
			say(o, "%s", text)
		}
		if o.failed != "" {
			say(o, "%s", o.failed)
		}
		if o.bad > 0 {
			say(o, "%d of %d numbers differ without a known cause\n  %s", o.bad, o.numbers, o.first)
		}
	}
	if left > 0 {
		fmt.Fprintf(out, "\n%d more; -list prints them all\n", left)
	}
}

// failures counts what makes a run fail.
func failures(outcomes []outcome) int {
	n := 0
	for i := range outcomes {
		if o := &outcomes[i]; o.failed != "" || o.bad > 0 || len(o.arguments) > 0 {
			n++
		}
	}
	return n
}
