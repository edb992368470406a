// Command oracle holds our reading of Metal against Apple's. MLX's wheel has its
// kernels as Apple's compiler compiled them, and the headers that they are made of.
// The command compiles kernels of those headers as every device does that compiles
// Metal sources, runs them and Apple's compilation of the same kernel on the simulator,
// with the same inputs, and compares every bit of what they write, and the arguments.
//
// The main path: open gets the wheel; choose lists kernels; each family makes a plan
// of a kernel's name (what our source instantiates, what arguments hold, the launch);
// sides.compare runs it twice; tabulate prints the outcomes, and what explains each
// difference.
//
// Nothing of the wheel is part of this repository. Names, template arguments and
// shapes follow MLX's kernels (MIT licence).
package main
