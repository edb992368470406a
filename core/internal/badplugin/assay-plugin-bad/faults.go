package main

import (
	"fmt"
	"os"
	"slices"
)

// faults are what the plugin that speaks the protocol by hand does wrong, one at
// a time: ASSAY_BADPLUGIN=FAULT@protocol. "sound" does nothing wrong.
var faults = []string{
	"sound",
	// describing itself
	"no-describe", "other-name", "other-description", "describe-varies", "describe-slow", "early-device",
	"bad-type", "undocumented-argument", "undocumented-phase", "undocumented-metric",
	// starting and ending
	"protocol-2", "prints-first", "tcp", "no-handshake", "late-handshake", "prints",
	"ignores-lifeline", "orphan-status", "ignores-shutdown", "shutdown-status", "ignores-sigterm",
	// configurations
	"validate-varies", "dies-on-unknown", "panics-on-huge", "hangs-on-zero", "status-for-user",
	"refuses-without-path", "refuses-elsewhere",
	// device, preparation, release
	"no-device", "other-device", "yardstick-impossible",
	"never-prepared", "prepared-twice", "prepare-error", "undeclared-metric", "nan-metric", "failing-check", "undeclared-facts",
	"one-handle", "random-inputs", "seed-ignored", "release-error", "release-wrong",
	// a visit
	"no-intent", "hasty-intent", "no-wait", "skips-number", "starts-early", "wrong-digest",
	"other-iterations", "short-samples", "constant-times", "async-times", "inflated-times", "device-above-wall", "zero-times",
	"undeclared-sample-metric", "nan-sample-metric", "no-done", "early-done", "one-more", "dies-measuring",
	"ignores-stop", "late-stop", "sample-after-stop", "no-heartbeat", "impatient", "counts-waiting",
	// searching
	"promises-propose", "bad-proposal",
}

// checkFault keeps a misspelt fault from passing for a sound plugin.
func checkFault(fault string) {
	if !slices.Contains(faults, fault) {
		fmt.Fprintf(os.Stderr, "error: no fault is called %q\n", fault)
		os.Exit(1)
	}
}
