package cuda

import (
	"context"
	"time"
)

// How far the host runs ahead of the GPU: so many fences, each behind so many
// kernels or graphs. A driver's queue that is full blocks without limit.
const (
	fencesInFlight   = 8
	launchesPerFence = 256
	graphsPerFence   = 4
)

// queue launches in order, and waits where the GPU is too far behind.
type queue struct {
	d      *device
	names  []string      // of the kernels that may run, for fault messages
	load   int           // launches since the last fence, a graph counting as several
	fences int           // recorded so far
	waited time.Duration // for the GPU
}

func (q *queue) launch(ctx context.Context, l *launch) error {
	if err := q.d.issue(l, q.names...); err != nil {
		return err
	}
	return q.launched(ctx, 1)
}

func (q *queue) launchGraph(ctx context.Context, graph uintptr) error {
	if err := q.d.check("cuGraphLaunch", q.d.cu.GraphLaunch.call(graph, q.d.stream), q.names...); err != nil {
		return err
	}
	return q.launched(ctx, launchesPerFence/graphsPerFence)
}

// launched records a fence now and then. When all are in use, the oldest is
// waited for.
func (q *queue) launched(ctx context.Context, load int) error {
	if q.load += load; q.load < launchesPerFence {
		return nil
	}
	q.load = 0
	slot := q.d.fences[q.fences%len(q.d.fences)]
	if q.fences >= len(q.d.fences) {
		since := time.Now()
		if err := q.d.await(ctx, slot, q.names...); err != nil {
			return err
		}
		q.waited += time.Since(since)
	}
	if err := q.d.check("cuEventRecord", q.d.cu.EventRecord.call(slot, q.d.stream), q.names...); err != nil {
		return err
	}
	q.fences++
	return nil
}
