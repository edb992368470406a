package air

import "fmt"

// product begins the names of what stands for llvm.fmuladd, a multiplication and an
// addition that the GPU may do as one operation. Sources are compiled for sim without
// such ones (msl.HostFlags), and so is Apple's code: one kernel gives the same bits
// either way. Clang would fuse llvm.fmuladd whatever its options say.
const product = "assay.muladd."

// unfused defines it for a type.
func unfused(name, t string) string {
	return fmt.Sprintf(`define internal %[2]s %[1]s(%[2]s %%x, %[2]s %%y, %[2]s %%z) alwaysinline {
  %%xy = fmul %[2]s %%x, %%y
  %%sum = fadd %[2]s %%xy, %%z
  ret %[2]s %%sum
}`, name, t)
}
