package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"time"
)

// maxLine bounds a line of a stream, and an event over several lines.
const maxLine = 4 << 20

// arrivals notes when the bytes that a parser works on came in.
type arrivals struct {
	from  io.Reader
	now   func() time.Time
	at    time.Time // of the last bytes
	count int       // of reads that brought bytes
	begin []byte    // the first bytes, for messages
}

func (a *arrivals) Read(p []byte) (int, error) {
	n, err := a.from.Read(p)
	if n > 0 {
		a.at = a.now()
		a.count++
		if room := textLimit - len(a.begin); room > 0 {
			a.begin = append(a.begin, p[:min(n, room)]...)
		}
	}
	return n, err
}

// line reads up to the next line feed, which is taken off, as is a carriage
// return before it. The last line of a stream needs no line feed.
func line(r *bufio.Reader, buffer []byte) ([]byte, error) {
	buffer = buffer[:0]
	for {
		part, err := r.ReadSlice('\n')
		if len(buffer)+len(part) > maxLine {
			return nil, fmt.Errorf("a line of the stream is longer than %d MiB", maxLine>>20)
		}
		buffer = append(buffer, part...)
		switch {
		case err == nil:
			buffer = buffer[:len(buffer)-1]
			if n := len(buffer); n > 0 && buffer[n-1] == '\r' {
				buffer = buffer[:n-1]
			}
			return buffer, nil
		case errors.Is(err, bufio.ErrBufferFull):
		case errors.Is(err, io.EOF) && len(buffer) > 0:
			return buffer, nil
		default:
			return nil, err
		}
	}
}
