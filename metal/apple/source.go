package apple

import (
	"encoding/binary"
	"fmt"
	"maps"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/assay-bench/assay/metal"
)

// handed is the text that Metal gets of a source, or the path of its library. It
// refuses what makes no NSString: nil instead of one would end the process.
func handed(src metal.Source) (string, error) {
	all, what := withDefines(src), "source"
	if src.Library != "" {
		var err error
		if all, err = filepath.Abs(src.Library); err != nil {
			return "", err
		}
		what = "library's path"
	}
	if !utf8.ValidString(all) || strings.IndexByte(all, 0) >= 0 {
		return "", fmt.Errorf("%s: %w: the %s is not UTF-8 text", src.Name, metal.ErrCompile, what)
	}
	return all, nil
}

// withDefines puts a source's macros before its text and keeps the compiler's
// messages on the text's own lines.
func withDefines(src metal.Source) string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(src.Defines)) {
		fmt.Fprintf(&b, "#define %s %s\n", name, src.Defines[name])
	}
	fmt.Fprintf(&b, "#line 1 %q\n", src.Name)
	b.WriteString(src.Text)
	return b.String()
}

// constant is a function constant's bytes and MTLDataType.
func constant(v any) (data []byte, kind uintptr, err error) {
	switch v := v.(type) {
	case bool:
		if v {
			return []byte{1}, 53, nil
		}
		return []byte{0}, 53, nil
	case int32:
		return binary.LittleEndian.AppendUint32(nil, uint32(v)), 29, nil
	case uint32:
		return binary.LittleEndian.AppendUint32(nil, v), 33, nil
	case float32:
		return binary.LittleEndian.AppendUint32(nil, math.Float32bits(v)), 3, nil
	}
	return nil, 0, fmt.Errorf("%T, want bool, int32, uint32 or float32", v)
}
