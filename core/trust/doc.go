// Package trust remembers the folders whose programs may be started: the plugins
// in .assay/plugins, and the binaries that experiments name, when nothing but a
// look at them was asked for. A folder that was cloned or unpacked is none of
// them until its user says so.
//
// The main path: Open reads what the user trusts, Covers says whether a path is in it,
// Trust and Revoke change it. Imported by core/cli.
package trust
