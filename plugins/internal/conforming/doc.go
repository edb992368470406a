// Package conforming holds the proof that every first-party plugin, and the
// examples for authors, keep the protocol: its test gives each a small
// configuration and runs `assay plugin check`. Nothing imports it.
package conforming
