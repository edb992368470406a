package record

import (
	"encoding/json"
	"strconv"
)

// A sample is journaled by a processor that was idle before it, where whatever was not
// used for a while costs twenty times as long as in a loop. So samples write
// themselves, in a quarter of the time of encoding/json, and are known by their type:
// to ask whether it has a method took as long as to write it.

// appendJSON appends what json.Marshal makes of it.
func (e SampleEvent) appendJSON(b []byte) ([]byte, error) {
	b = appendString(append(b, `{"case":`...), e.Case)
	b = strconv.AppendInt(append(b, `,"round":`...), int64(e.Round), 10)
	b = strconv.AppendInt(append(b, `,"visit":`...), int64(e.Visit), 10)
	b = appendString(append(b, `,"variant":`...), e.Variant)
	b = appendString(append(b, `,"phase":`...), e.Phase)
	b, err := e.Sample.appendJSON(append(b, `,"sample":`...))
	return append(b, '}'), err
}

func (s Sample) appendJSON(b []byte) ([]byte, error) {
	b = strconv.AppendUint(append(b, `{"seq":`...), s.Seq, 10)
	b = strconv.AppendUint(append(b, `,"iterations":`...), s.Iterations, 10)
	b = strconv.AppendInt(append(b, `,"wall_ns":`...), s.WallNs, 10)
	b = strconv.AppendInt(append(b, `,"device_ns":`...), s.DeviceNs, 10)
	b = strconv.AppendInt(append(b, `,"encode_ns":`...), s.EncodeNs, 10)
	if s.HostNs != 0 {
		b = strconv.AppendInt(append(b, `,"host_ns":`...), s.HostNs, 10)
	}
	if len(s.Metrics) > 0 {
		metrics, err := json.Marshal(s.Metrics)
		if err != nil {
			return b, err
		}
		b = append(append(b, `,"metrics":`...), metrics...)
	}
	return append(b, '}'), nil
}

// appendString appends what json.Marshal makes of a string.
func appendString(b []byte, s string) []byte {
	for i := range len(s) {
		switch c := s[i]; {
		case c < ' ', c > '~', c == '"', c == '\\', c == '<', c == '>', c == '&':
			quoted, _ := json.Marshal(s) // no string is an error
			return append(b, quoted...)
		}
	}
	return append(append(append(b, '"'), s...), '"')
}
