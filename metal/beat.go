package metal

import "context"

type beatKey struct{}

// WithBeat returns a context whose waits call beat whenever they see that the
// device makes progress. A hang is the absence of beats, so only the loop that
// waits on the device may call Beat: never a timer.
func WithBeat(ctx context.Context, beat func()) context.Context {
	return context.WithValue(ctx, beatKey{}, beat)
}

// Beat reports progress to whoever asked for it. It is cheap and may be called often.
func Beat(ctx context.Context) {
	if beat, ok := ctx.Value(beatKey{}).(func()); ok {
		beat()
	}
}
