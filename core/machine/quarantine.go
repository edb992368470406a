package machine

import "golang.org/x/sys/unix"

// quarantine is the extended attribute that macOS gives to files that a browser or
// a mail program downloaded, and to what is unpacked out of them. Gatekeeper keeps
// such a program from being started until its user allows it.
const quarantine = "com.apple.quarantine"

// Quarantined says whether macOS may refuse to start the program at path. Elsewhere
// no file has the attribute. It was written after Apple's documentation and never
// run on a Mac.
func Quarantined(path string) bool { return hasAttribute(path, quarantine) }

func hasAttribute(path, name string) bool {
	_, err := unix.Getxattr(path, name, nil)
	return err == nil
}
