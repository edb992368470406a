package record

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
)

// line wraps an event with the CRC-32C of its bytes.
type line struct {
	Sum   string          `json:"sum"`
	Event json.RawMessage `json:"event"`
}

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func sum(b []byte) string { return string(appendSum(nil, b)) }

func appendSum(to, b []byte) []byte {
	var number [crc32.Size]byte
	binary.BigEndian.PutUint32(number[:], crc32.Checksum(b, castagnoli))
	return hex.AppendEncode(to, number[:])
}

// longest is more than any line has, in bytes: what is longer is no journal.
const longest = 64 << 20

// encode writes the line of an event into b, which it empties first: what
// json.Marshal would make of line.
func encode(b *bytes.Buffer, e Event) error {
	const noSum = "00000000"
	b.Reset()
	b.Write(opening)
	b.WriteString(noSum + `","event":`)
	begins := b.Len()
	if err := e.writeTo(b); err != nil {
		return err
	}
	event := b.Bytes()[begins:]
	if len(event) >= longest-begins-len("}\n") {
		return fmt.Errorf("the %s event has %d bytes, more than a line may", e.Kind(), len(event))
	}
	appendSum(b.Bytes()[:len(opening)], event) // over noSum
	b.WriteString("}\n")
	return nil
}

func parseLine(raw []byte) (Event, error) {
	l, ok := cutLine(raw)
	if !ok {
		if err := json.Unmarshal(raw, &l); err != nil {
			return Event{}, fmt.Errorf("not a journal line: %w", err)
		}
	}
	return l.event()
}

// cutLine takes a line apart that is as encode writes it, which needs no reading
// of the JSON in it.
func cutLine(raw []byte) (l line, ok bool) {
	const sumLen = 8
	rest, ok := bytes.CutPrefix(raw, opening)
	if !ok || len(rest) < sumLen {
		return line{}, false
	}
	l.Sum = string(rest[:sumLen])
	rest, ok = bytes.CutPrefix(rest[sumLen:], []byte(`","event":`))
	if !ok {
		return line{}, false
	}
	l.Event, ok = bytes.CutSuffix(rest, []byte("}"))
	return l, ok && sum(l.Event) == l.Sum
}

func (l line) event() (Event, error) {
	if got := sum(l.Event); got != l.Sum {
		return Event{}, fmt.Errorf("checksum %s, but the line says %s: it was changed or damaged", got, l.Sum)
	}
	var e Event
	if err := e.UnmarshalJSON(l.Event); err != nil {
		return Event{}, fmt.Errorf("not an event: %w", err)
	}
	return e, nil
}

// lines reads a file line by line, each into the same memory.
type lines struct {
	br   *bufio.Reader
	buf  []byte
	read int64
}

func newLines(r io.Reader) *lines { return &lines{br: bufio.NewReaderSize(r, 1<<20)} }

// next is the next line without its newline, which ended says it has. One that is
// longer than any line of a journal is empty.
func (l *lines) next() (raw []byte, ended bool, err error) {
	l.buf = l.buf[:0]
	long := false
	for {
		part, err := l.br.ReadSlice('\n')
		l.read += int64(len(part))
		if len(l.buf)+len(part) > longest {
			long, part = true, nil
		}
		if errors.Is(err, bufio.ErrBufferFull) {
			l.buf = append(l.buf, part...)
			continue
		}
		if len(l.buf) == 0 && !long {
			raw = part
		} else {
			l.buf = append(l.buf, part...)
			raw = l.buf
		}
		if long {
			raw = nil
		}
		if cut, ok := bytes.CutSuffix(raw, []byte("\n")); ok || long && err == nil {
			return cut, true, nil
		}
		return raw, false, err
	}
}

// whole is how much was read, if the last line was whole.
func (l *lines) whole(before int64, last bool) int64 {
	if last {
		return l.read
	}
	return before
}
