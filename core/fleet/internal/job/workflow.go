package job

import (
	"time"

	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/workflow"
)

// Names that both sides agree on.
const (
	WorkflowName  = "Experiment"
	ActivityName  = "Measure"
	WorkflowQueue = "assay-fleet" // of workflows: dispatchers and servers serve it, never who measures
)

// Queue of a class's workers.
func Queue(class string) string { return "assay-class-" + class }

// PresenceQueue is where a class's workers wait for nothing, so that they are seen there
// while they measure.
func PresenceQueue(class string) string { return "assay-present-" + class }

// Times of an attempt.
const (
	// HeartbeatTimeout is how long a worker may be silent before its job is given to
	// another one. A server that is away for 10 s costs nothing.
	HeartbeatTimeout = 20 * time.Second
	// HeartbeatEvery is how often a worker says how far it is, and hears of a cancellation.
	HeartbeatEvery = time.Second

	longestAttempt = 24 * time.Hour
	mostAttempts   = 12
)

// Kinds of errors that end a job, since another attempt would end the same way.
const (
	Refused   = "Refused"   // the worker does not take it: class, signature, plugins
	Misfit    = "Misfit"    // assay refuses the configuration, or could not start a plugin
	TooLarge  = "TooLarge"  // the documents do not travel
	Unusable  = "Unusable"  // the documents are not what the journal says
	Interrupt = "Interrupt" // the worker ends; another attempt goes on
)

// Experiment is the workflow. It must stay what it is for as long as runs of it are
// open: a change of its commands breaks their histories.
func Experiment(ctx workflow.Context, j Job) (Outcome, error) {
	ctx = workflow.WithActivityOptions(ctx, workflow.ActivityOptions{
		TaskQueue:           Queue(j.Class),
		StartToCloseTimeout: longestAttempt,
		HeartbeatTimeout:    HeartbeatTimeout,
		WaitForCancellation: true,
		RetryPolicy: &temporal.RetryPolicy{
			InitialInterval: time.Second, BackoffCoefficient: 2, MaximumInterval: 30 * time.Second, MaximumAttempts: mostAttempts,
		},
	})
	var out Outcome
	err := workflow.ExecuteActivity(ctx, ActivityName, j).Get(ctx, &out)
	return out, err
}
