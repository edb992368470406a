// Package release reads releases of plugins: which versions a source offers,
// what the files of a version are, and the executable in the archive of one
// platform. Nothing is believed: an archive is held against SHA256SUMS, these
// against the signature where a key is known, and unpacking is bounded.
//
// The main path: At gives the Place of a source, its Versions are chosen from, Open
// reads the sums of one, Download fetches an archive of it and Unpack takes the plugin
// out. Imported by core/cli and core/registry.
package release
