package msl

import (
	"regexp"
	"strings"
)

var (
	// A choice between half or bfloat and another type, as clang, g++ and NVRTC put it.
	unlikeArms = regexp.MustCompile(`conditional expression is ambiguous|operands to .\?:. have .*types|ambiguous "\?" operation`)
	entryNames = regexp.MustCompile(`\bassay_\w+_entry_::`)
	ownNames   = strings.NewReplacer("assay_msl::metal::", "", "assay_msl::", "")
)

// InSource words one line of a compiler's messages about a rendering as the
// source does: types have their names there, and what Metal allows says how to
// write it so that every device does.
func InSource(line string) string {
	line = entryNames.ReplaceAllString(ownNames.Replace(line), "")
	if unlikeArms.MatchString(line) && (strings.Contains(line, "half") || strings.Contains(line, "bfloat")) {
		line += "; the arms need one type on every device but Apple's: write c ? x : half(0)"
	}
	return line
}
