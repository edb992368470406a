package main

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// family is kernels that one rule describes.
type family struct {
	name    string
	pattern *regexp.Regexp
	plan    func(m []string) *plan // of the pattern's groups
	sources bool                   // it needs MLX's sources beside the wheel
}

// kernels makes a family of the kernels whose names match, where T stands for a
// type of MLX's, F for a floating-point one and M for one of Metal's.
func kernels(name, pattern string, plan func(m []string) *plan) family {
	pattern = strings.NewReplacer("<T>", anyType, "<F>", floatType, "<M>", metalType).Replace(pattern)
	return family{name: name, pattern: regexp.MustCompile("^" + pattern + "$"), plan: plan}
}

func families() []family {
	return slices.Concat(elementwise(), copies(), rows(), reductions(), scans(), sorts(), attention(), vectors(), quantized(), products(), convolutions(), withSources())
}

// job is one kernel to compare.
type job struct {
	family family
	kernel string
}

// find is the family of a kernel, if one has it.
func find(fs []family, kernel string) (job, bool) {
	for _, f := range fs {
		if f.pattern.MatchString(kernel) {
			return job{f, kernel}, true
		}
	}
	return job{}, false
}

// digits is the number that a pattern has matched, and 0 where it has matched none.
func digits(text string) int {
	n, _ := strconv.Atoi(text)
	return n
}

// plan is made when it is needed: the inputs of all together would fill the memory.
func (j job) plan() *plan {
	p := j.family.plan(j.family.pattern.FindStringSubmatch(j.kernel))
	p.kernel, p.family = j.kernel, j.family.name
	return p
}
