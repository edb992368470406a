package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/assay-bench/assay/metal"
)

// tabulate prints how many functions of each project are read and compile, and why
// the rest does not.
func tabulate(out io.Writer, names []string, functions []function, units []unit, missing map[metal.Kind]string, o options) {
	fmt.Fprintf(out, "| %-12s | %9s | %6s | %6s | %6s | %8s |\n|%s|\n", "project", "functions", "read", "sim", "cuda", "all of it",
		strings.Join([]string{"---", "---:", "---:", "---:", "---:", "---:"}, "|"))
	var total counts
	for _, name := range names {
		c := count(functions, name)
		c.print(out, name, missing)
		total.add(c)
	}
	if len(names) > 1 {
		total.print(out, "together", missing)
	}
	for _, kind := range []metal.Kind{metal.Sim, metal.CUDA} {
		if why := missing[kind]; why != "" {
			fmt.Fprintf(out, "\n%s: nothing is compiled: %s\n", kind, why)
		}
	}
	if n := idle(units, functions); n > 0 {
		fmt.Fprintf(out, "\nNot counted: kernel templates that their files do not instantiate, %d by name.\n", n)
	}
	printCauses(out, causes(functions), o.causes)
	if o.list {
		printFailures(out, functions)
	}
}

// counts of one project.
type counts struct{ functions, read, sim, cuda, all int }

func count(functions []function, project string) counts {
	var c counts
	for _, f := range functions {
		if f.Project != project {
			continue
		}
		c.functions++
		c.read += one(f.Read)
		c.sim += one(f.Sim)
		c.cuda += one(f.CUDA)
		c.all += one(f.Read + f.Sim + f.CUDA)
	}
	return c
}

func one(failure string) int {
	if failure == "" {
		return 1
	}
	return 0
}

func (c *counts) add(o counts) {
	c.functions += o.functions
	c.read += o.read
	c.sim += o.sim
	c.cuda += o.cuda
	c.all += o.all
}

func (c counts) print(out io.Writer, name string, missing map[metal.Kind]string) {
	share := "-"
	if c.functions > 0 {
		share = fmt.Sprintf("%d %%", 100*c.all/c.functions) // rounded down: 100 means all
	}
	column := func(kind metal.Kind, n int) string {
		if missing[kind] != "" {
			return "-"
		}
		return fmt.Sprint(n)
	}
	fmt.Fprintf(out, "| %-12s | %9d | %6d | %6s | %6s | %8s |\n", name, c.functions, c.read, column(metal.Sim, c.sim), column(metal.CUDA, c.cuda), share)
}

// printFailures lists each function that fails, with all that was said.
func printFailures(out io.Writer, functions []function) {
	for _, f := range functions {
		said := slices.Compact([]string{f.Read, f.Sim, f.CUDA})
		for _, text := range said {
			if text != "" {
				fmt.Fprintf(out, "\n%s %s: %s\n%s\n", f.Project, f.Root, f.Name, text)
			}
		}
	}
}
