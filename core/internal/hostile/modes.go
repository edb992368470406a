// Package hostile lists what the plugin in assay-plugin-hostile can do to its
// host. It speaks the protocol without the SDK, and keeps a list of what was
// acknowledged (package acks).
package hostile

// Name of the plugin.
const Name = "hostile"

// Env holds a mode for misbehaviour before a configuration arrives.
const Env = "ASSAY_HOSTILE"

// Effect is how a session should take a mode.
type Effect string

// The effects.
const (
	Harmless Effect = "harmless" // the session measures on, and judges the arm by its times
	Doubted  Effect = "doubted"  // no verdict may rest on the arm's numbers
	Ended    Effect = "ended"    // the arm's process is at its end: it died, hung or broke the protocol
	Refused  Effect = "refused"  // nothing is measured
)

// Mode is one way to misbehave.
type Mode struct {
	Name   string
	Early  bool // of the whole process, by Env; else of one configuration
	Effect Effect
}

// Modes are all of them.
var Modes = []Mode{
	// Processes.
	{"panic", false, Ended}, {"segv", false, Ended}, {"abort", false, Ended}, {"kill-self", false, Ended},
	{"exit-0", false, Ended}, {"exit-3", false, Ended}, {"stop-self", false, Ended}, {"close-all", false, Ended},
	{"children", false, Harmless}, {"die-with-children", false, Ended}, {"eat-descriptors", false, Harmless},
	{"ignore-signals", true, Harmless}, {"no-lifeline", true, Harmless}, {"no-exit", true, Harmless},
	{"own-session", true, Harmless}, {"double-fork", true, Harmless},
	// Before the connection.
	{"describe-exit", true, Refused}, {"describe-hang", true, Refused}, {"describe-flood", true, Refused},
	{"describe-garbage", true, Refused}, {"describe-empty", true, Refused}, {"describe-children", true, Harmless},
	{"describe-lies", true, Doubted}, {"describe-text", true, Harmless},
	{"start-exit", true, Ended}, {"start-hang", true, Ended}, {"start-garbage", true, Ended}, {"start-flood", true, Ended},
	{"socket-garbage", true, Ended}, {"socket-silent", true, Ended}, {"socket-closed", true, Ended},
	// Checking and opening.
	{"validate-hang", false, Refused}, {"validate-flood", false, Refused}, {"validate-text", false, Refused}, {"validate-status", false, Refused},
	{"open-hang", true, Ended}, {"open-refused", true, Ended}, {"open-nothing", true, Ended}, {"open-text", true, Harmless},
	{"open-absurd", true, Harmless}, {"device-changes", true, Doubted},
	// Preparing.
	{"prepare-hang", false, Ended}, {"prepare-forever", false, Ended}, {"prepare-flood", false, Harmless}, {"prepare-text", false, Harmless},
	{"prepare-refused", false, Ended}, {"prepare-status", false, Ended}, {"prepare-nothing", false, Ended}, {"prepare-twice", false, Ended},
	{"prepare-empty", false, Harmless}, {"facts-nan", false, Harmless}, {"facts-negative", false, Ended}, {"facts-huge", false, Harmless},
	{"facts-other-phase", false, Harmless}, {"facts-no-phase", false, Harmless},
	{"check-nan", false, Doubted}, {"check-lies", false, Doubted}, {"check-fails", false, Doubted}, {"check-changes", false, Doubted},
	// Measuring.
	{"measure-status", false, Ended}, {"measure-hang", false, Ended}, {"measure-nothing", false, Ended}, {"done-first", false, Ended},
	{"heartbeats-forever", false, Ended}, {"no-wait", false, Ended}, {"flood", false, Ended}, {"one-more", false, Ended},
	{"number-twice", false, Ended}, {"number-skipped", false, Ended}, {"number-back", false, Ended}, {"digest-wrong", false, Ended},
	{"no-done", false, Ended}, {"never-done", false, Ended}, {"never-done-heartbeats", false, Ended}, {"done-and-more", false, Harmless},
	{"message-huge", false, Ended}, {"metrics-many", false, Harmless}, {"metrics-nan", false, Harmless}, {"metrics-text", false, Harmless},
	{"diagnostics-flood", false, Harmless}, {"diagnostics-text", false, Harmless}, {"stderr-flood", false, Harmless}, {"stderr-bytes", false, Harmless},
	{"peak-negative", false, Harmless}, {"intent-text", false, Harmless},
	// Lies about time: the arm takes half as long again as the baseline.
	{"async", false, Doubted}, {"async-all", false, Doubted}, {"fast-one", false, Doubted}, {"time-negative", false, Ended},
	{"time-zero", false, Ended}, {"time-huge", false, Doubted}, {"time-overflow", false, Doubted}, {"time-one-ns", false, Doubted},
	{"device-over-wall", false, Doubted}, {"encode-over-wall", false, Doubted}, {"iterations-zero", false, Ended}, {"iterations-huge", false, Ended},
	{"iterations-doubled", false, Ended}, {"iterations-ignored", false, Doubted},
	// Release and proposals.
	{"release-hang", false, Ended}, {"release-status", false, Ended}, {"release-nan", false, Doubted}, {"release-wrong", false, Doubted},
	{"propose-forever", false, Harmless}, {"propose-flood", false, Harmless}, {"propose-names", false, Harmless}, {"propose-same", false, Harmless},
	{"propose-text", false, Harmless}, {"propose-bad-json", false, Harmless}, {"propose-hang", false, Harmless}, {"propose-status", false, Harmless},
}
