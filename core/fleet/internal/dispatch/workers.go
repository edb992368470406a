package dispatch

import (
	"context"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"

	"github.com/assay-bench/assay/core/fleet/internal/job"
)

// there is how recently a worker asked for work if it is there: it asks once a minute.
const there = 70 * time.Second

// Present is a worker that is there.
type Present struct {
	Identity string
	Seen     time.Time
}

// Workers of a class that are there, busy or not. A busy one asks for no work, so that
// each also waits at a queue on which nothing ever comes.
func Workers(ctx context.Context, c client.Client, class string) ([]Present, error) {
	d, err := c.DescribeTaskQueue(ctx, job.PresenceQueue(class), enumspb.TASK_QUEUE_TYPE_ACTIVITY)
	if err != nil {
		return nil, err
	}
	var out []Present
	for _, p := range d.GetPollers() {
		if seen := p.GetLastAccessTime().AsTime(); time.Since(seen) < there {
			out = append(out, Present{p.GetIdentity(), seen})
		}
	}
	return out, nil
}
