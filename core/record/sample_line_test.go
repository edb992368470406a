package record

import (
	"encoding/json"
	"math"
	"reflect"
	"testing"
	"testing/quick"
	"time"
)

func TestASampleWritesItselfAsJSON(t *testing.T) {
	type unplain SampleEvent // has the fields, and not the methods
	same := func(e SampleEvent) bool {
		own, err := e.appendJSON(nil)
		want, errWant := json.Marshal(unplain(e))
		return (err == nil) == (errWant == nil) && (err != nil || string(own) == string(want))
	}
	var edges []SampleEvent
	for _, s := range []string{"", "plain", `"\`, "<&>", "\x00\x1f\x7f", "é\u2028\u2029", "\xff"} {
		edges = append(edges, SampleEvent{Case: s}, SampleEvent{Variant: s}, SampleEvent{Phase: s}, SampleEvent{Sample: Sample{Metrics: map[string]float64{s: 1e21, "b": 1}}})
	}
	edges = append(edges,
		SampleEvent{Round: math.MinInt64, Visit: math.MaxInt64, Sample: Sample{Seq: math.MaxUint64, Iterations: math.MaxUint64, WallNs: -1, DeviceNs: math.MinInt64, EncodeNs: 1, HostNs: -1}},
		SampleEvent{Sample: Sample{Metrics: map[string]float64{}}}, SampleEvent{Sample: Sample{Metrics: map[string]float64{"nan": math.NaN()}}})
	for _, e := range edges {
		if !same(e) {
			t.Errorf("%+v is not written as by json.Marshal", e)
		}
	}
	if err := quick.Check(same, nil); err != nil {
		t.Error(err)
	}
}

func TestAnEventIsWrittenAsItsEnvelope(t *testing.T) {
	for _, e := range []Event{
		{Data: SampleEvent{Case: "a b"}, Seq: math.MaxUint64, Experiment: "<é>", Time: time.Date(2026, 1, 2, 3, 4, 5, 60, time.FixedZone("", 3600))},
		{Data: NoteEvent{Text: "é"}, Seq: 1, Time: time.Unix(0, 0).UTC()},
		{Data: NoteEvent{}, Time: time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)}, // no RFC 3339
	} {
		own, err := e.MarshalJSON()
		data, errData := json.Marshal(e.Data)
		want, errWant := json.Marshal(envelope{e.Seq, e.Time, e.Experiment, e.Kind(), data})
		if (err == nil) != (errData == nil && errWant == nil) || err == nil && string(own) != string(want) {
			t.Errorf("event %d:\n%s, error %v\n%s, errors %v, %v", e.Seq, own, err, want, errData, errWant)
		}
	}
}

// A sample is known by its type: see pace and completed.
func TestASampleIsHastyAndLacksNothing(t *testing.T) {
	if _, ok := Data(SampleEvent{}).(Hasty); !ok || lacks(reflect.TypeFor[SampleEvent]()) {
		t.Errorf("hasty %v, can lack something %v", ok, lacks(reflect.TypeFor[SampleEvent]()))
	}
}
