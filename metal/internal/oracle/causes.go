package main

// cause is an assumption that explains a difference, with a predicate that says
// whether it can have made this one.
type cause struct {
	name    string
	assumes string
	made    func(d difference) bool
}

// causes of differences that are no fault of the reading.
var causes = []cause{
	{
		name:    "NaN",
		assumes: "both are NaN: Metal defines neither the sign nor the payload of one that is computed",
		made: func(d difference) bool {
			apple, ours := d.nan()
			return apple && ours
		},
	},
}

// explain is the name of the first cause that can have made a difference, or empty.
func explain(known []cause, d difference) string {
	for _, c := range known {
		if c.made(d) {
			return c.name
		}
	}
	return ""
}
