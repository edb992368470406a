package process

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"strings"
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
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close() //nolint:errcheck // read only
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", fmt.Errorf("%s: %w", path, err)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// verify compares a file with a hex digest, with or without "sha256:" before it.
func verify(path, want string) error {
	if want == "" {
		return nil
	}
	want = strings.ToLower(strings.TrimPrefix(want, "sha256:"))
	got, err := FileSHA256(path)
	if err != nil {
		return err
	}
	if got != want {
		return &DigestError{Path: path, Want: want, Got: got}
	}
	return nil
}
