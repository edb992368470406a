package machine

import (
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

func TestAttributesOfFiles(t *testing.T) {
	path := filepath.Join(t.TempDir(), "program")
	if err := os.WriteFile(path, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	const name = "user.assay.test"
	if hasAttribute(path, name) || Quarantined(path) || Quarantined(path+".absent") {
		t.Error("a new file has attributes")
	}
	if err := unix.Setxattr(path, name, []byte("0081;;"), 0); err != nil {
		t.Skip("this file system keeps no attributes:", err)
	}
	if !hasAttribute(path, name) {
		t.Error("the attribute is not found")
	}
}
