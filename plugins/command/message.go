package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"sync"
	"time"
)

// message is one line of a served program. Which of ready, wall_ns and error it
// has says what it is.
type message struct {
	Ready   bool                   `json:"ready"`
	Phases  map[string]servedPhase `json:"phases"`
	WallNs  *float64               `json:"wall_ns"`
	Metrics map[string]*float64    `json:"metrics"`
	Output  *string                `json:"output"`
	Error   *string                `json:"error"`

	arrived time.Time
	fault   error // the line is meant as a message and is none
}

// servedPhase is what a program may say of a phase when it is ready.
type servedPhase struct {
	Units *float64 `json:"units"` // tokens or calls of one iteration
}

// request is one line to a served program.
type request struct {
	Run        string `json:"run"`
	Iterations int    `json:"iterations"`
}

const stopLine = "{\"stop\":true}\n"

// readMessage reads a line. ok is false for what is no message: programs and
// their libraries print what they like.
func readMessage(line []byte) (m message, ok bool) {
	line = bytes.TrimSpace(line)
	if len(line) == 0 || line[0] != '{' {
		return m, false
	}
	var keys map[string]json.RawMessage
	if err := json.Unmarshal(line, &keys); err != nil {
		// Python writes NaN, which is no JSON. Waiting for another answer would
		// only end in a timeout.
		if bytes.Contains(line, []byte(`"wall_ns"`)) || bytes.Contains(line, []byte(`"ready"`)) {
			return message{fault: fmt.Errorf("%w: %q", err, excerpt(line, 200))}, true
		}
		return m, false
	}
	if keys["ready"] == nil && keys["wall_ns"] == nil && keys["error"] == nil {
		return m, false
	}
	if err := json.Unmarshal(line, &m); err != nil {
		m.fault = fmt.Errorf("%w: %q", err, excerpt(line, 200))
	}
	return m, true
}

// wall is the time that an answer claims, held against the plugin's clock.
func (m *message) wall(asked time.Time) (time.Duration, error) {
	if m.WallNs == nil {
		return 0, errors.New(`the answer has no "wall_ns"`)
	}
	ns, clock := *m.WallNs, m.arrived.Sub(asked)
	switch {
	case math.IsNaN(ns) || ns < 1:
		return 0, fmt.Errorf("wall_ns is %g; the time of all iterations is 1 or more", ns)
	case ns > float64(clock.Nanoseconds()):
		return 0, fmt.Errorf("wall_ns is %g, which is %v, but the answer came after %v", ns, time.Duration(min(ns, 1e18)), clock)
	}
	return time.Duration(ns), nil
}

// inbox has the messages that nobody has taken yet.
type inbox struct {
	mu     sync.Mutex
	waits  []message
	notify chan struct{} // has a value while waits may have one
}

// mostWaiting messages are kept; a program that goes on is at fault already.
const mostWaiting = 4

func newInbox() *inbox { return &inbox{notify: make(chan struct{}, 1)} }

func (b *inbox) line(line []byte) {
	m, ok := readMessage(line)
	if !ok {
		return
	}
	m.arrived = time.Now()
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.waits) < mostWaiting {
		b.waits = append(b.waits, m)
	}
	select {
	case b.notify <- struct{}{}:
	default:
	}
}

func (b *inbox) take() (m message, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.waits) == 0 {
		return m, false
	}
	m, b.waits = b.waits[0], b.waits[1:]
	return m, true
}
