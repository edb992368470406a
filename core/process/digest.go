package process

import (
	"fmt"

	"github.com/assay-bench/assay/core/internal/atomicfile"
)

// DigestError says that a binary is not the one that was found before.
type DigestError struct {
	Path, Want, Got string
}

func (e *DigestError) Error() string {
	return fmt.Sprintf("plugin %s has changed since this command found it: its sha256 is %s and was %s; run the command again",
		e.Path, short(e.Got), short(e.Want))
}

func short(hexDigest string) string {
	if len(hexDigest) > 16 {
		return hexDigest[:16] + "…"
	}
	return hexDigest
}

// FileSHA256 is the hex digest of a file.
func FileSHA256(path string) (string, error) {
	f, err := atomicfile.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close() //nolint:errcheck // read only
	sum, err := digestOf(f)
	if err != nil {
		return "", fmt.Errorf("%s: %w", path, err)
	}
	return sum, nil
}
