package vectors

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
)

// Replay says the host's part of a conversation to a plugin and holds its answers
// against those that were recorded. The error names the first line that differs.
func Replay(ctx context.Context, conn grpc.ClientConnInterface, lines []Line) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	r := &replay{conn: conn}
	for i, l := range lines {
		if err := r.line(ctx, l); err != nil {
			return fmt.Errorf("line %d, %s: %w", i+1, l.Call, err)
		}
	}
	return nil
}

// replay is a conversation under way. All calls are made as streams: on the wire a
// call with one message is one too.
type replay struct {
	conn   grpc.ClientConnInterface
	stream grpc.ClientStream
	call   string // of stream; empty: none is open
}

func (r *replay) line(ctx context.Context, l Line) error {
	switch {
	case l.About != "":
		return nil
	case l.Host != nil:
		return r.host(ctx, l)
	case l.Plugin != nil:
		return r.plugin(l)
	}
	return r.end(l.End)
}

func (r *replay) host(ctx context.Context, l Line) error {
	m, _, err := messages(l.Call)
	if err != nil {
		return err
	}
	if err := protojson.Unmarshal(l.Host, m); err != nil {
		return err
	}
	visit := l.Call == "Measure"
	if !visit || r.call != l.Call || strings.HasPrefix(string(l.Host), `{"start"`) {
		desc := &grpc.StreamDesc{ServerStreams: true, ClientStreams: true}
		if r.stream, err = r.conn.NewStream(ctx, desc, service+l.Call); err != nil {
			return err
		}
		r.call = l.Call
	}
	if err := r.stream.SendMsg(m); err != nil && !errors.Is(err, io.EOF) { // why it ended is for the next line
		return err
	}
	if visit {
		return nil
	}
	return r.stream.CloseSend()
}

// plugin receives the next message. Those that may come at any time are passed over
// where another one is expected.
func (r *replay) plugin(l Line) error {
	_, want, err := messages(l.Call)
	if err != nil {
		return err
	}
	if err := protojson.Unmarshal(l.Plugin, want); err != nil {
		return err
	}
	for {
		_, got, _ := messages(l.Call)
		if err := r.stream.RecvMsg(got); err != nil {
			return fmt.Errorf("the call ended (%w), want %s", err, l.Plugin)
		}
		if passing(got) && !passing(want) {
			continue
		}
		return l.compare(got, want)
	}
}

func (r *replay) end(want string) error {
	_, m, err := messages(r.call)
	if err != nil {
		return err
	}
	for err = r.stream.RecvMsg(m); err == nil && passing(m); {
		err = r.stream.RecvMsg(m)
	}
	switch {
	case err == nil:
		return fmt.Errorf("it goes on with %s, want its end (%s)", protojson.Format(m), want)
	case errors.Is(err, io.EOF) != (want == endOK):
		return fmt.Errorf("it ended with %w, want %s", err, want)
	}
	return nil
}

// compare holds an answer against the recorded one.
func (l *Line) compare(got, want proto.Message) error {
	for _, path := range l.Varies {
		if !clearPath(got.ProtoReflect(), path) {
			return fmt.Errorf("%s is not set", path)
		}
	}
	for _, path := range l.Optional {
		clearPath(got.ProtoReflect(), path)
	}
	asJSON(got.ProtoReflect())
	asJSON(want.ProtoReflect())
	if !proto.Equal(got, want) {
		return fmt.Errorf("the plugin says %s, want %s", protojson.MarshalOptions{}.Format(got), l.Plugin)
	}
	return nil
}

// clearPath takes the field at a path away, and says whether it was set.
func clearPath(m protoreflect.Message, path string) bool {
	name, rest, deeper := strings.Cut(path, ".")
	f := m.Descriptor().Fields().ByJSONName(name)
	if f == nil || !m.Has(f) {
		return false
	}
	if deeper {
		return clearPath(m.Mutable(f).Message(), rest)
	}
	m.Clear(f)
	return true
}

// asJSON writes every field that holds JSON in one way: white space and the order
// of keys are the plugin's.
func asJSON(m protoreflect.Message) {
	m.Range(func(f protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		switch {
		case f.IsMap():
			if f.MapValue().Message() != nil {
				v.Map().Range(func(_ protoreflect.MapKey, v protoreflect.Value) bool { asJSON(v.Message()); return true })
			}
		case f.IsList():
			for i := range v.List().Len() {
				if f.Message() != nil {
					asJSON(v.List().Get(i).Message())
				} else if strings.HasSuffix(string(f.Name()), "_json") {
					v.List().Set(i, protoreflect.ValueOfString(canonical(v.List().Get(i).String())))
				}
			}
		case f.Message() != nil:
			asJSON(v.Message())
		case !strings.HasSuffix(string(f.Name()), "_json"):
		case f.Kind() == protoreflect.BytesKind:
			m.Set(f, protoreflect.ValueOfBytes([]byte(canonical(string(v.Bytes())))))
		default:
			m.Set(f, protoreflect.ValueOfString(canonical(v.String())))
		}
		return true
	})
}

// canonical is a JSON text written in one way, and any other text as it is.
func canonical(text string) string {
	var v any
	if json.Unmarshal([]byte(text), &v) != nil {
		return text
	}
	out, err := json.Marshal(v)
	if err != nil {
		return text
	}
	return string(out)
}

// empty makes a message of a type of the protocol.
func empty(d protoreflect.MessageDescriptor) (proto.Message, error) {
	t, err := protoregistry.GlobalTypes.FindMessageByName(d.FullName())
	if err != nil {
		return nil, err
	}
	return t.New().Interface(), nil
}
