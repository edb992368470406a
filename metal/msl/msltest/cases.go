package msltest

// Cases lists every case.
func Cases() []Case {
	var all []Case
	for _, f := range []func() []Case{
		positions, barrier, dynamic, reduce, shuffle, vote, simdBarrier, atomics, // threads
		swizzles, packed, half, bfloat, smallFloats, mixed, conditional, integers, shifts, conversions, mathLibrary, // values
		templates, constants, macros, tables, overloads, ranking, complexNumbers, // language
		appleNames, builtins, braces, matrices, traits, // the library
		groupMemory, beside, heads, initial, bySpace, extendedVectors, // as public sources are written
		qmatvec, softmax, blocks, // whole kernels
		matrixLayout, matrixProducts, matrixGEMM, matrixAttention, asyncCopies,
	} {
		all = append(all, f()...)
	}
	return all
}
