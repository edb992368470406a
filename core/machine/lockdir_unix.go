//go:build unix

package machine

// lockDir is not os.TempDir: that differs between users on a Mac.
const lockDir = "/tmp"
