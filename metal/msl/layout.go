package msl

// Layout is how what an argument points to lies in memory. Only the compiler knows
// it: kernels of compiled libraries have it, and those of a source do not.
type Layout struct {
	Size, Align int // of one element, in bytes
	Members     []Member
}

// Member is one of a structure's.
type Member struct {
	Offset, Size int // the size of an element, if it is an array
	Count        int // of an array's elements, 0: it is none
	Type, Name   string
	Members      []Member // if it is a structure itself
}
