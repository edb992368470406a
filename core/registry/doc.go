// Package registry finds installed plugins, installs them and pins them. It looks in
// fixed folders, never on $PATH, and keeps what it passed over with the reason.
//
// The main path: Discover lists candidates, compares each with the lock file
// and only then asks it what it is; Get gives the one that an experiment
// names. Installer puts releases into the user's folder; Pin writes the lock.
// Imported by core/cli and core/conformance.
package registry
