package conformance

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/assay-bench/assay/core/process"
)

// IDs of rules that others blame.
const (
	idHandshake = "handshake"
	idSchema    = "schema"
	idOpen      = "open-device"
	idPrepared  = string(process.RulePrepared)
	idDone      = string(process.RuleDone)
)

// held is a rule and how it is checked.
type held struct {
	Rule
	check func(context.Context, *subject) outcome
}

const page = "docs/plugins.md#"

// rules in the order in which they are checked: what others need comes first.
var rules = []held{
	{Rule{"describe-argument", "With `describe` as its only argument the plugin prints its description and ends with status 0; file and plugin have the same name.", page + "describe"}, describeArgument},
	{Rule{idHandshake, "The plugin prints one handshake line, with protocol version 1 and a private Unix socket, within ten seconds.", page + "start-and-handshake"}, handshake},
	{Rule{"describe", "Describe answers at once, in every process the same, and what the `describe` argument prints.", page + "describe"}, describeAlike},
	{Rule{"device-free", "Describe and ValidateConfig open no device.", page + "calls"}, deviceFree},
	{Rule{idSchema, "The schema of the configuration compiles, and there is something to time.", page + "schema-and-documentation"}, schemaSound},
	{Rule{"documented", "Every argument, block, phase and metric is described, and so is the plugin.", page + "schema-and-documentation"}, documented},
	{Rule{"validate", "ValidateConfig answers the same for the same configuration.", page + "calls"}, validateAlike},
	{Rule{"wrong-configuration", "A wrong configuration is refused with a diagnostic that names the argument, and never ends the process.", page + "configurations-and-faults"}, wrongConfiguration},
	{Rule{"propose", "Propose answers, without a device, with configurations that fit the schema.", page + "calls"}, propose},
	{Rule{idOpen, "OpenDevice answers with the device that was asked for, or with diagnostics.", page + "calls"}, openDevice},
	{Rule{idPrepared, "PrepareCase ends with exactly one Prepared, or with diagnostics.", page + "calls"}, prepareOnce},
	{Rule{"prepared-facts", "Prepared has finite values of phases and metrics that were declared, and its checks pass.", page + "calls"}, preparedFacts},
	{Rule{idDone, "A visit ends with Done after as many samples as were asked for.", page + "visits"}, visitDone},
	{Rule{"intent", "A visit begins with an Intent, before the device is touched.", page + "visits"}, visitIntent},
	{Rule{string(process.RuleAcks), "Numbers have no gaps, and the next sample begins after the Ack of the one before.", page + "visits"}, visitAcks},
	{Rule{string(process.RuleDigest), "Every sample repeats the digest of its configuration.", page + "configurations-and-faults"}, visitDigest},
	{Rule{string(process.RuleIterations), "Samples have as many iterations as asked for; with 0 the plugin finds the number that lasts sample_ns.", page + "visits"}, visitIterations},
	{Rule{"sample-metrics", "Metrics of samples are declared and finite.", page + "calls"}, sampleMetrics},
	{Rule{string(process.RuleTimes), "Times are of the whole batch: 2n iterations take twice as long as n, by the plugin's clock and by the host's.", page + "times"}, times},
	{Rule{"stop", "After Stop the sample at hand is finished, and Done comes within a second.", page + "visits"}, stop},
	{Rule{"heartbeat", "A long batch is accompanied by heartbeats, as often as the host asked for.", page + "heartbeats"}, heartbeat},
	{Rule{"handles", "Several prepared configurations live side by side, and each can be visited at any time.", page + "calls"}, handles},
	{Rule{"seed", "Inputs follow from the seed: the same seed gives the same results in another process, another seed others.", page + "configurations-and-faults"}, seed},
	{Rule{"stopped-host", "A host that is stopped for a while, as by Ctrl-Z, is waited for, and the samples are as before.", page + "visits"}, stoppedHost},
	{Rule{"yardstick", "Every yardstick of the device can be measured, in no more time than the host saw.", page + "calls"}, yardsticks},
	{Rule{"release", "ReleaseCase answers with checks that pass.", page + "calls"}, release},
	{Rule{"shutdown", "After Shutdown the process ends by itself, with status 0, within two seconds.", page + "end"}, shutdown},
	{Rule{"sigterm", "SIGTERM ends the process.", page + "end"}, sigterm},
	{Rule{"lifeline", "The process ends with status 86 when the lifeline closes, because its host is gone.", page + "end"}, lifeline},
	{Rule{"stdout", "After the handshake nothing is printed on stdout.", page + "start-and-handshake"}, quietStdout},
}

// chosen are the rules of these IDs, all if there are none.
func chosen(only []string) ([]held, error) {
	var known, out []string
	for _, r := range rules {
		known = append(known, r.ID)
	}
	for _, id := range only {
		if !slices.Contains(known, id) {
			out = append(out, fmt.Sprintf("%q", id))
		}
	}
	if len(out) > 0 {
		return nil, fmt.Errorf("no rule is called %s; there are %s", strings.Join(out, ", "), strings.Join(known, ", "))
	}
	return slices.DeleteFunc(slices.Clone(rules), func(r held) bool { return len(only) > 0 && !slices.Contains(only, r.ID) }), nil
}

// outcome is a rule's status and what was seen.
type outcome struct {
	status Status
	seen   string
}

func kept(format string, args ...any) outcome { return outcome{Pass, fmt.Sprintf(format, args...)} }
func broken(format string, args ...any) outcome {
	return outcome{Fail, fmt.Sprintf(format, args...)}
}
func skip(format string, args ...any) outcome { return outcome{Skipped, fmt.Sprintf(format, args...)} }

// blamed is an error that breaks the rule id.
type blamed struct{ id, text string }

func (b *blamed) Error() string { return b.text }
