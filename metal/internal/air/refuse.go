package air

import (
	"fmt"
	"regexp"
	"strings"
)

var (
	calls    = regexp.MustCompile(`\b(?:call|invoke|callbr) `)
	quoted   = regexp.MustCompile(`"[^"]*"`)
	uncheck  = regexp.MustCompile(`, !nosanitize !\d+`)
	assembly = regexp.MustCompile(`\basm\b`)
)

// refused says why a line cannot be part of a kernel. What runs here is a process of
// this machine and no GPU: a file must not reach what a GPU does not have, such as the
// C library, or an address that it makes up as code.
func refused(line string) error {
	if strings.HasPrefix(line, "!") || strings.HasPrefix(line, ";") {
		return nil
	}
	bare := quoted.ReplaceAllString(line, `""`)
	if assembly.MatchString(bare) {
		return fmt.Errorf("machine code is no part of a kernel: %s", line)
	}
	if strings.HasPrefix(bare, "@") && strings.Contains(bare, " external ") {
		return fmt.Errorf("the variable is not in the bitcode: %s", line)
	}
	c := calls.FindStringIndex(bare)
	if c == nil {
		return nil
	}
	callee := callable.FindStringIndex(bare[c[1]:])
	if callee == nil || strings.Contains(bare[c[1]:c[1]+callee[0]], "(") {
		return fmt.Errorf("a call by address is not implemented by sim: %s", strings.TrimSpace(line))
	}
	return nil
}
