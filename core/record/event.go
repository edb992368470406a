package record

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strconv"
	"time"
)

// Event is one thing that a session did. The journal holds them in order, `assay
// run --json` prints them, and the documents are what Apply makes of them.
type Event struct {
	Seq        uint64 // of the journal, from 1
	Time       time.Time
	Experiment string // empty: of the session
	Data       Data
}

// Data is what one event says. The type decides the kind.
type Data interface{ kind() string }

// Kind is the name of the type of an event's data.
func (e Event) Kind() string { return KindOf(e.Data) }

// KindOf is that of data which is in no event yet.
func KindOf(d Data) string { return d.kind() }

// Passing is data that changes no document: it is lost with the machine and not
// with the host, so that writing it costs no wait for the disk.
type Passing interface{ passing() }

// Hasty is data of what happens inside a round. It is on disk a second later at
// most, if another event follows, and always when its round has ended: a machine
// that loses its power may take so much of a round with it, which a resumed session
// measures again. The end of host or plugin takes nothing.
type Hasty interface{ hasty() }

// pace says what is Hasty and what is Passing.
func pace(d Data) (hasty, passing bool) {
	if _, ok := d.(SampleEvent); ok {
		return true, false
	}
	_, hasty = d.(Hasty)
	_, passing = d.(Passing)
	return hasty, passing
}

// envelope is an event as it is written.
type envelope struct {
	Seq        uint64          `json:"seq"`
	Time       time.Time       `json:"time"`
	Experiment string          `json:"experiment,omitempty"`
	Kind       string          `json:"kind"`
	Data       json.RawMessage `json:"data"`
}

// MarshalJSON writes the kind beside the data.
func (e Event) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	err := e.writeTo(&b)
	return b.Bytes(), err
}

// writeTo writes what json.Marshal would make of the envelope, without reading the
// data a second time: samples come one by one to a processor that was idle, where
// each step costs ten times as long as in a loop.
func (e Event) writeTo(b *bytes.Buffer) error {
	head := strconv.AppendUint(append(b.AvailableBuffer(), `{"seq":`...), e.Seq, 10)
	head, err := e.Time.AppendText(append(head, `,"time":"`...))
	if err != nil {
		return fmt.Errorf("%s event: %w", e.Kind(), err)
	}
	head = append(head, '"')
	if e.Experiment != "" {
		head = appendString(append(head, `,"experiment":`...), e.Experiment)
	}
	head = appendString(append(head, `,"kind":`...), e.Kind())
	b.Write(append(head, `,"data":`...))
	if err := writeData(b, e.Data); err != nil {
		return fmt.Errorf("%s event: %w", e.Kind(), err)
	}
	b.WriteByte('}')
	return nil
}

func writeData(b *bytes.Buffer, d Data) error {
	if sample, ok := d.(SampleEvent); ok {
		own, err := sample.appendJSON(b.AvailableBuffer())
		b.Write(own)
		return err
	}
	if err := json.NewEncoder(b).Encode(d); err != nil {
		return err
	}
	b.Truncate(b.Len() - 1) // the encoder ends with a newline
	return nil
}

// UnmarshalJSON reads the data into the type of its kind.
func (e *Event) UnmarshalJSON(b []byte) error {
	in, ok := cutEnvelope(b)
	if !ok {
		if err := json.Unmarshal(b, &in); err != nil {
			return err
		}
	}
	ty, ok := kinds[in.Kind]
	if !ok {
		return fmt.Errorf("event %d is of the kind %q, which this assay does not know: another version wrote it", in.Seq, in.Kind)
	}
	data := reflect.New(ty)
	if err := json.Unmarshal(in.Data, data.Interface()); err != nil {
		return fmt.Errorf("event %d (%s): %w", in.Seq, in.Kind, err)
	}
	*e = Event{in.Seq, in.Time, in.Experiment, data.Elem().Interface().(Data)}
	return nil
}

// cutEnvelope takes an event apart that is as MarshalJSON writes it, and has no
// escapes beside its data: reading its JSON twice would take twice as long.
func cutEnvelope(b []byte) (in envelope, ok bool) {
	field := func(before, after string) (value []byte) {
		if !ok {
			return nil
		}
		var rest []byte
		if rest, ok = bytes.CutPrefix(b, []byte(before)); ok {
			value, b, ok = bytes.Cut(rest, []byte(after))
			ok = ok && !bytes.ContainsAny(value, `"\`)
		}
		return value
	}
	ok = true
	seq, at := field(`{"seq":`, `,`), field(`"time":"`, `",`)
	if bytes.HasPrefix(b, []byte(`"experiment"`)) {
		in.Experiment = string(field(`"experiment":"`, `",`))
	}
	in.Kind = string(field(`"kind":"`, `",`))
	if !ok {
		return envelope{}, false
	}
	var errSeq, errTime error
	in.Seq, errSeq = strconv.ParseUint(string(seq), 10, 64)
	in.Time, errTime = time.Parse(time.RFC3339Nano, string(at))
	data, begins := bytes.CutPrefix(b, []byte(`"data":`))
	data, ends := bytes.CutSuffix(data, []byte("}"))
	in.Data = data
	return in, begins && ends && errSeq == nil && errTime == nil
}

// Kinds lists one value of every type of event, in the order in which a session
// has them.
func Kinds() []Data {
	return []Data{
		SessionEvent{}, WaitingEvent{}, OrphansEvent{}, BusyEvent{}, ExperimentEvent{}, NoteEvent{}, CaseEvent{}, RoundBeginEvent{}, StepEvent{}, ProcessEvent{},
		PreparedEvent{}, WarmupEvent{}, IntentEvent{}, SampleEvent{}, VisitEvent{}, YardstickEvent{}, WaitEvent{}, ReleasedEvent{},
		FailureEvent{},
		RoundEndEvent{}, LookEvent{}, SearchEvent{}, RaceEvent{}, CaseEndEvent{}, ProbeEvent{}, BudgetEvent{}, ConcludedEvent{}, ResultEvent{}, SessionEndEvent{}, ResumedEvent{},
		VariantEvent{}, FindingEvent{},
	}
}

var kinds = func() map[string]reflect.Type {
	out := map[string]reflect.Type{}
	for _, d := range Kinds() {
		out[d.kind()] = reflect.TypeOf(d)
	}
	return out
}()
