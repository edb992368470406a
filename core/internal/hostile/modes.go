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
	Says   string // what assay must say of it; empty: nothing, and the session has a verdict
}

// Modes are all of them.
var Modes = []Mode{
	// Processes.
	{"panic", false, Ended, "panic: planted panic"},
	{"segv", false, Ended, "signal(SIGSEGV)"},
	{"abort", false, Ended, "signal(SIGABRT)"},
	{"kill-self", false, Ended, "signal(killed)"},
	{"exit-0", false, Ended, "exited(0)"},
	{"exit-3", false, Ended, "exited(3)"},
	{"stop-self", false, Ended, "silent for"},
	{"close-all", false, Ended, "while visit"},
	{"children", false, Harmless, ""},
	{"die-with-children", false, Ended, "signal(killed)"},
	{"eat-descriptors", false, Harmless, ""},
	{"ignore-signals", true, Harmless, ""},
	{"no-lifeline", true, Harmless, ""},
	{"no-exit", true, Harmless, ""},
	{"own-session", true, Harmless, ""},
	{"double-fork", true, Harmless, ""},
	// Before the connection.
	{"describe-exit", true, Refused, "failed: exit status 3"},
	{"describe-hang", true, Refused, "did not end within"},
	{"describe-flood", true, Refused, "did not end within"},
	{"describe-garbage", true, Refused, "did not print a description"},
	{"describe-empty", true, Refused, "did not print a description"},
	{"describe-children", true, Harmless, ""},
	{"describe-lies", true, Doubted, "description_changes"},
	{"describe-text", true, Harmless, ""},
	{"start-exit", true, Ended, "assay: plugin hostile: exited(7) during start"},
	{"start-hang", true, Ended, "assay: plugin hostile: hang(start)"},
	{"start-garbage", true, Ended, "assay: plugin hostile: protocol during start"},
	{"start-flood", true, Ended, "assay: plugin hostile: protocol during start"},
	{"socket-garbage", true, Ended, "assay: plugin hostile: protocol during validate"},
	{"socket-silent", true, Ended, "validate"},
	{"socket-closed", true, Ended, "assay: plugin hostile: protocol during validate"},
	// Checking and opening.
	{"validate-hang", false, Refused, "assay: plugin hostile: hang(validate)"},
	{"validate-flood", false, Refused, "assay: plugin hostile: protocol: sent 20000 diagnostics"},
	{"validate-text", false, Refused, "\\x1b[2J"},
	{"validate-status", false, Refused, "assay: plugin hostile: plugin_error during validate"},
	{"open-hang", true, Ended, "hang(open)"},
	{"open-refused", true, Ended, "refused while open"},
	{"open-nothing", true, Ended, "it opened no device"},
	{"open-text", true, Harmless, ""},
	{"open-absurd", true, Ended, "a device of -5 cores"},
	{"device-changes", true, Doubted, "device_changes"},
	// Preparing.
	{"prepare-hang", false, Ended, "hang(prepare)"},
	{"prepare-forever", false, Ended, "hang(prepare)"},
	{"prepare-flood", false, Ended, "more than 10000 steps"},
	{"prepare-text", false, Harmless, ""},
	{"prepare-refused", false, Ended, "refused while prepare"},
	{"prepare-status", false, Ended, "plugin_error while prepare"},
	{"prepare-nothing", false, Ended, "neither Prepared nor an error"},
	{"prepare-twice", false, Ended, "sent Prepared twice"},
	{"prepare-empty", false, Harmless, ""},
	{"facts-nan", false, Ended, "NaN units"},
	{"facts-negative", false, Ended, "-1 bytes"},
	{"facts-huge", false, Harmless, ""},
	{"facts-other-phase", false, Harmless, ""},
	{"facts-no-phase", false, Harmless, ""},
	{"check-nan", false, Doubted, "failed check rel_err"},
	{"check-lies", false, Doubted, "check_contradicts"},
	{"check-fails", false, Doubted, "failed check rel_err"},
	{"check-changes", false, Doubted, "checks_change"},
	// Measuring.
	{"measure-status", false, Ended, "protocol while warm-up"},
	{"measure-hang", false, Ended, "silent for"},
	{"measure-nothing", false, Ended, "ended without Done"},
	{"done-first", false, Ended, "ended after 0 samples"},
	{"heartbeats-forever", false, Ended, "although it was not silent"},
	{"no-wait", false, Ended, "measure decode"},
	{"flood", false, Ended, "was acknowledged"},
	{"after-stop", false, Ended, "although it was not silent"},
	{"one-more", false, Ended, "one more than asked"},
	{"number-twice", false, Ended, "sequence number 2"},
	{"number-skipped", false, Ended, "sequence number 8"},
	{"number-back", false, Ended, "sequence number 1"},
	{"digest-wrong", false, Ended, "of configuration sha256:00"},
	{"no-done", false, Ended, "ended without Done"},
	{"never-done", false, Ended, "silent for"},
	{"never-done-heartbeats", false, Ended, "although it was not silent"},
	{"done-and-more", false, Harmless, ""},
	{"message-huge", false, Ended, "larger than max"},
	{"metrics-many", false, Harmless, ""},
	{"metrics-nan", false, Harmless, ""},
	{"metrics-text", false, Harmless, ""},
	{"diagnostics-flood", false, Ended, "more than 200 diagnostics"},
	{"diagnostics-text", false, Harmless, ""},
	{"stderr-flood", false, Harmless, ""},
	{"stderr-bytes", false, Harmless, ""},
	{"peak-negative", false, Ended, "a peak of -7 bytes"},
	{"intent-text", false, Harmless, ""},
	// Lies about time: the arm takes half as long again as the baseline.
	{"async", false, Doubted, "less_than_clock"},
	{"async-all", false, Doubted, "less_than_clock"},
	{"fast-one", false, Doubted, "less_than_clock"},
	{"time-negative", false, Ended, "wall -5 ns"},
	{"time-zero", false, Ended, "wall 0 ns"},
	{"time-huge", false, Doubted, "wall 9223372036854775807 ns"},
	{"time-overflow", false, Doubted, "impossible_numbers"},
	{"time-one-ns", false, Doubted, "less_than_clock"},
	{"device-over-wall", false, Doubted, "device_beyond_wall"},
	{"encode-over-wall", false, Doubted, "encode 9223372036854775807 ns"},
	{"iterations-zero", false, Ended, "0 iterations"},
	{"iterations-huge", false, Ended, "18446744073709551615 iterations"},
	{"iterations-doubled", false, Ended, "asked were"},
	{"iterations-ignored", false, Doubted, "does_not_scale"},
	// Release and proposals.
	{"release-hang", false, Ended, "hang(release)"},
	{"release-status", false, Ended, "plugin_error while release"},
	{"release-nan", false, Doubted, "failed check rel_err"},
	{"release-wrong", false, Doubted, "failed check rel_err"},
	{"propose-forever", false, Harmless, ""},
	{"propose-flood", false, Harmless, "256 are taken"},
	{"propose-names", false, Harmless, ""},
	{"propose-same", false, Harmless, ""},
	{"propose-text", false, Harmless, ""},
	{"propose-bad-json", false, Harmless, ""},
	{"propose-hang", false, Harmless, "hang(propose)"},
	{"propose-status", false, Harmless, "plugin_error while propose"},
}
