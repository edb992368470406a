package job

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"go.temporal.io/sdk/activity"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/temporal"
	"go.temporal.io/sdk/testsuite"
)

// environment is a server with one worker, which does what measure does.
func environment(measure func(context.Context, Job) (Outcome, error)) *testsuite.TestWorkflowEnvironment {
	var s testsuite.WorkflowTestSuite
	s.SetLogger(log.NewStructuredLogger(slog.New(slog.DiscardHandler)))
	env := s.NewTestWorkflowEnvironment()
	env.RegisterActivityWithOptions(measure, activity.RegisterOptions{Name: ActivityName})
	return env
}

// The workflow hands the job to its class's queue and gives back what comes of it.
func TestExperiment(t *testing.T) {
	queue := ""
	env := environment(func(ctx context.Context, j Job) (Outcome, error) {
		queue = activity.GetInfo(ctx).TaskQueue
		return Outcome{Session: "of " + j.Name}, nil
	})
	env.ExecuteWorkflow(Experiment, Job{Class: "m4-max", Name: "x"})
	var out Outcome
	if err := env.GetWorkflowResult(&out); err != nil || out.Session != "of x" {
		t.Errorf("%+v, %v", out, err)
	}
	if queue != "assay-class-m4-max" {
		t.Errorf("queue %q", queue)
	}
}

// An attempt that was interrupted is made again; what would end the same way is not.
func TestExperimentTriesAgain(t *testing.T) {
	tests := map[string]struct {
		err  error
		want int
	}{
		"interrupted": {temporal.NewApplicationError("the worker ends", Interrupt), mostAttempts},
		"refused":     {temporal.NewNonRetryableApplicationError("not signed", Refused, nil), 1},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			attempts := 0
			env := environment(func(context.Context, Job) (Outcome, error) {
				attempts++
				return Outcome{}, tt.err
			})
			env.ExecuteWorkflow(Experiment, Job{Class: "c", Name: "x"})
			var app *temporal.ApplicationError
			if err := env.GetWorkflowError(); !errors.As(err, &app) || attempts != tt.want {
				t.Errorf("%d attempts, want %d: %v", attempts, tt.want, err)
			}
		})
	}
}

// A cancellation reaches the attempt, and ends the workflow as cancelled. What the
// attempt says then arrives with a real server alone; see the tests of the command.
func TestExperimentIsCancelled(t *testing.T) {
	env := environment(func(ctx context.Context, _ Job) (Outcome, error) {
		<-ctx.Done()
		return Outcome{}, temporal.NewCanceledError(Progress{Rounds: 3})
	})
	env.RegisterDelayedCallback(env.CancelWorkflow, time.Second)
	env.ExecuteWorkflow(Experiment, Job{Class: "c", Name: "x"})
	var cancelled *temporal.CanceledError
	if err := env.GetWorkflowError(); !errors.As(err, &cancelled) {
		t.Error(err)
	}
}
