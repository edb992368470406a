package connect

import (
	"context"
	"time"

	"go.temporal.io/api/workflowservice/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// outage is how long a completion is offered to a server that is away.
const outage = 10 * time.Minute

// throughOutages lets a worker outlive a server that is away. A heartbeat that does not
// arrive is not an error: the kit would take it for a cancellation, and a measurement
// would end because of a restart; a server that gave the job to another worker says so
// as soon as it answers. What was measured is offered until the server takes it.
func throughOutages(ctx context.Context, method string, req, reply any, cc *grpc.ClientConn, invoke grpc.UnaryInvoker, opts ...grpc.CallOption) error {
	switch req.(type) {
	case *workflowservice.RecordActivityTaskHeartbeatRequest:
		err := invoke(ctx, method, req, reply, cc, opts...)
		if away(err) {
			return nil
		}
		return err
	case *workflowservice.RespondActivityTaskCompletedRequest, *workflowservice.RespondActivityTaskFailedRequest, *workflowservice.RespondActivityTaskCanceledRequest:
		long, cancel := context.WithTimeout(context.WithoutCancel(ctx), outage)
		defer cancel()
		for {
			err := invoke(long, method, req, reply, cc, append(opts, grpc.WaitForReady(true))...)
			if !away(err) || long.Err() != nil {
				return err
			}
			time.Sleep(time.Second)
		}
	}
	return invoke(ctx, method, req, reply, cc, opts...)
}

// away says that the server did not answer.
func away(err error) bool {
	code := status.Code(err)
	return err != nil && (code == codes.Unavailable || code == codes.DeadlineExceeded)
}
