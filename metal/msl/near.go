package msl

import "strings"

// Near ends an error about a kernel that the source does not have: it lists
// those of the same operation or whose names contain, or are contained in, what
// was asked for; else the first few.
func (u *Unit) Near(name string) string {
	names := u.Names()
	operation, _, _ := strings.Cut(name, "_")
	var near []string
	for _, n := range names {
		if strings.HasPrefix(n, operation) || strings.Contains(n, name) || strings.Contains(name, n) {
			near = append(near, n)
		}
	}
	if len(near) == 0 {
		near = names
	}
	if len(near) == 0 {
		return ": the source has no kernels"
	}
	if len(near) > 5 {
		near = append(near[:5:5], "...")
	}
	return "; there is " + strings.Join(near, ", ")
}
