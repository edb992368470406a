package vectors

import (
	"context"
	"errors"
	"io"
	"strings"
	"sync"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"

	"github.com/assay-bench/assay/core/proto/pluginv1"
)

// Recorder writes down what host and plugin say over a connection that has its
// Options. Progress and repeated heartbeats come as they like, and are left out.
type Recorder struct {
	mu    sync.Mutex
	lines []Line
	err   error
}

// Options of the connection to record.
func (r *Recorder) Options() []grpc.DialOption {
	return []grpc.DialOption{grpc.WithChainUnaryInterceptor(r.unary), grpc.WithChainStreamInterceptor(r.stream)}
}

// Conversation so far.
func (r *Recorder) Conversation() ([]Line, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.lines, r.err
}

func (r *Recorder) add(l Line, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lines, r.err = append(r.lines, l), errors.Join(r.err, err)
}

func (r *Recorder) host(call string, m any) {
	raw, err := toJSON(m.(proto.Message))
	r.add(Line{Call: call, Host: raw}, err)
}

func (r *Recorder) plugin(call string, m any) {
	if passing(m.(proto.Message)) && r.again(m.(proto.Message)) {
		return
	}
	r.add(said(call, m.(proto.Message)))
}

// passing messages may come at any time, in any number.
func passing(m proto.Message) bool {
	switch m := m.(type) {
	case *pluginv1.PrepareCaseResponse:
		return m.GetProgress() != nil
	case *pluginv1.MeasureResponse:
		return m.GetHeartbeat() != nil
	}
	return false
}

// again says that m is progress, or a heartbeat directly after another one.
func (r *Recorder) again(m proto.Message) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	_, visit := m.(*pluginv1.MeasureResponse)
	return !visit || strings.HasPrefix(string(r.lines[len(r.lines)-1].Plugin), `{"heartbeat"`)
}

func (r *Recorder) unary(ctx context.Context, method string, req, reply any, cc *grpc.ClientConn, invoke grpc.UnaryInvoker, opts ...grpc.CallOption) error {
	call, ours := strings.CutPrefix(method, service)
	if !ours {
		return invoke(ctx, method, req, reply, cc, opts...)
	}
	r.host(call, req)
	err := invoke(ctx, method, req, reply, cc, opts...)
	if err != nil {
		r.add(Line{Call: call, End: endError}, nil)
	} else {
		r.plugin(call, reply)
	}
	return err
}

func (r *Recorder) stream(ctx context.Context, desc *grpc.StreamDesc, cc *grpc.ClientConn, method string, open grpc.Streamer, opts ...grpc.CallOption) (grpc.ClientStream, error) {
	s, err := open(ctx, desc, cc, method, opts...)
	call, ours := strings.CutPrefix(method, service)
	if err != nil || !ours {
		return s, err
	}
	return &recorded{ClientStream: s, r: r, call: call}, nil
}

// recorded is a stream whose messages are written down: before they are sent, and
// after they were received.
type recorded struct {
	grpc.ClientStream
	r    *Recorder
	call string
	done bool // the visit has ended; what comes of its stream then is chance
}

func (s *recorded) SendMsg(m any) error {
	s.r.host(s.call, m)
	return s.ClientStream.SendMsg(m)
}

func (s *recorded) RecvMsg(m any) error {
	err := s.ClientStream.RecvMsg(m)
	switch {
	case s.done:
	case errors.Is(err, io.EOF):
		s.r.add(Line{Call: s.call, End: endOK}, nil)
	case err != nil:
		s.r.add(Line{Call: s.call, End: endError}, nil)
	default:
		s.r.plugin(s.call, m)
		visit, ok := m.(*pluginv1.MeasureResponse)
		s.done = ok && visit.GetDone() != nil
	}
	return err
}
