package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"
)

// maxJoined lines may make up one event.
const maxJoined = 256

// stream reads the events of one answer (text/event-stream). Servers do not keep to the
// standard: an event ends where its data is whole, with or without the empty
// line after it.
type stream struct {
	in      *arrivals
	a       answer
	pending []byte // data lines that are not whole JSON yet
	joined  int
	done    bool   // [DONE] came
	stray   []byte // the first line that is no field of the standard
	broken  bool   // the next event is of the type "error"
}

// readStream reads an answer to its end. Times are those of the reads that
// brought what is timed.
func readStream(body io.Reader, now func() time.Time) (answer, error) {
	s := &stream{in: &arrivals{from: body, now: now}, a: newAnswer()}
	r := bufio.NewReaderSize(s.in, 64<<10)
	var buffer []byte
	for !s.done {
		var err error
		if buffer, err = line(r, buffer); err != nil {
			if errors.Is(err, io.EOF) {
				break
			}
			return s.a, fmt.Errorf("the stream broke after %s: %w", s.a.progress(), err)
		}
		if err := s.take(buffer); err != nil {
			return s.a, err
		}
	}
	return s.a, s.end()
}

func (s *stream) take(l []byte) error {
	if len(l) == 0 {
		return s.whole()
	}
	name, value, _ := bytes.Cut(l, []byte(":"))
	value = bytes.TrimPrefix(value, []byte(" "))
	switch string(name) {
	case "": // a comment, such as ": keepalive 1/4"
	case "event":
		s.broken = string(value) == "error"
	case "data":
		return s.data(value)
	case "id", "retry":
	default:
		if s.stray == nil {
			s.stray = bytes.Clone(l)
		}
	}
	return nil
}

func (s *stream) data(value []byte) error {
	if s.joined == 0 && string(bytes.TrimSpace(value)) == "[DONE]" {
		s.done = true
		return nil
	}
	if s.joined++; s.joined > maxJoined || len(s.pending)+len(value) > maxLine {
		return fmt.Errorf("an event of the stream is no JSON: %s", shown(s.pending))
	}
	if len(s.pending) > 0 {
		s.pending = append(s.pending, '\n')
	}
	s.pending = append(s.pending, value...)
	if !json.Valid(s.pending) {
		return nil // more of it may follow
	}
	return s.event()
}

// whole holds an event to be whole at the empty line that ends it.
func (s *stream) whole() error {
	if len(bytes.TrimSpace(s.pending)) > 0 {
		return fmt.Errorf("an event of the stream is no JSON: %s", shown(s.pending))
	}
	s.pending, s.joined, s.broken = s.pending[:0], 0, false
	return nil
}

func (s *stream) event() error {
	data := s.pending
	s.pending, s.joined = s.pending[:0], 0
	if s.broken {
		return &serverError{text: shown(data), streamed: true}
	}
	var c chunk
	if err := json.Unmarshal(data, &c); err != nil {
		return fmt.Errorf("an event of the stream is not of the protocol: %w: %s", err, shown(data))
	}
	if text := c.fault(); text != "" {
		return &serverError{text: text, streamed: true}
	}
	s.a.add(&c, s.in.at, s.in.count)
	return nil
}

// end says whether the answer is whole. [DONE] may be missing.
func (s *stream) end() error {
	if err := s.whole(); err != nil {
		return err
	}
	switch {
	case s.done || s.a.finish != "" || s.a.completion.known:
		return nil
	case s.stray != nil || s.a.pieces == 0 && len(s.in.begin) > 0:
		return fmt.Errorf("the answer is no event stream; it begins with %s", shown(s.in.begin))
	}
	return fmt.Errorf("the stream ended before the answer did, after %s", s.a.progress())
}
