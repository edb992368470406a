package vectors

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/assay-bench/assay/core/proto/pluginv1"
)

// service is the path of the protocol's calls.
const service = "/assay.plugin.v1.Plugin/"

// Ends of a call.
const (
	endOK    = "ok"
	endError = "error" // any status but OK
)

// Line is one event of a conversation, as it stands in a file: a message of the
// host or of the plugin, or the end of a call. The first line of a file has About
// alone.
type Line struct {
	About string `json:"about,omitempty"`
	Call  string `json:"call,omitempty"` // method of the service

	Host   json.RawMessage `json:"host,omitempty"`   // message of the host, in protobuf's JSON
	Plugin json.RawMessage `json:"plugin,omitempty"` // message of the plugin
	End    string          `json:"end,omitempty"`

	Varies   []string `json:"varies,omitempty"`   // fields that the plugin sets to a value of its own
	Optional []string `json:"optional,omitempty"` // fields that it may set
}

// format writes a conversation, one line for each event.
func format(lines []Line) ([]byte, error) {
	var out bytes.Buffer
	to := json.NewEncoder(&out)
	to.SetEscapeHTML(false)
	for _, l := range lines {
		if err := to.Encode(l); err != nil {
			return nil, err
		}
	}
	return out.Bytes(), nil
}

// Parse reads a conversation.
func Parse(text []byte) (lines []Line, err error) {
	from := bufio.NewScanner(bytes.NewReader(text))
	from.Buffer(nil, 1<<20)
	for from.Scan() {
		var l Line
		dec := json.NewDecoder(bytes.NewReader(from.Bytes()))
		dec.DisallowUnknownFields()
		if err := dec.Decode(&l); err != nil {
			return nil, fmt.Errorf("line %d: %w", len(lines)+1, err)
		}
		lines = append(lines, l)
	}
	return lines, from.Err()
}

// varies and optional are the fields whose values are the machine's or the SDK's.
var (
	varies   = fields("DescribeResponse.sdk_version Device.name Intent.what Sample.wall_ns")
	optional = fields("Device.family Device.cores Device.memory_bytes Device.last_cache_bytes Device.driver Device.os_build Device.facts " +
		"Prepared.prepare_ns Prepared.device_bytes Sample.device_ns Sample.encode_ns Heartbeat.doing Done.peak_device_bytes Done.dispatched")
)

func fields(names string) map[protoreflect.FullName]bool {
	out := map[protoreflect.FullName]bool{}
	for _, name := range strings.Fields(names) {
		out[protoreflect.FullName("assay.plugin.v1."+name)] = true
	}
	return out
}

// said is the line of a plugin's message: what differs from one run to the next is
// marked and left out.
func said(call string, m proto.Message) (Line, error) {
	m = proto.Clone(m)
	l := Line{Call: call}
	l.mark(m.ProtoReflect(), "")
	var err error
	l.Plugin, err = toJSON(m)
	return l, err
}

func (l *Line) mark(m protoreflect.Message, at string) {
	for i := range m.Descriptor().Fields().Len() {
		f := m.Descriptor().Fields().Get(i)
		path := at + f.JSONName()
		switch {
		case varies[f.FullName()] && m.Has(f):
			l.Varies = append(l.Varies, path)
			m.Clear(f)
		case optional[f.FullName()]:
			l.Optional = append(l.Optional, path)
			m.Clear(f)
		case f.Message() != nil && !f.IsList() && !f.IsMap() && m.Has(f):
			l.mark(m.Mutable(f).Message(), path+".")
		}
	}
}

// toJSON is the message in protobuf's JSON, the same each time.
func toJSON(m proto.Message) (json.RawMessage, error) {
	raw, err := protojson.Marshal(m)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	err = json.Compact(&out, raw) // protojson puts in spaces by chance
	return out.Bytes(), err
}

// messages makes the messages of a call, empty ones.
func messages(call string) (request, response proto.Message, err error) {
	method := pluginv1.File_plugin_proto.Services().Get(0).Methods().ByName(protoreflect.Name(call))
	if method == nil {
		return nil, nil, fmt.Errorf("the protocol has no call %q", call)
	}
	request, err = empty(method.Input())
	if err != nil {
		return nil, nil, err
	}
	response, err = empty(method.Output())
	return request, response, err
}
