package record

import (
	"bytes"
	"errors"
	"io"

	"github.com/assay-bench/assay/core/internal/atomicfile"
)

// Stands says that the document's file is where its session wrote it, and as it
// wrote it.
func (d *Recovered) Stands() bool {
	if d.Path == "" || !d.Whole {
		return false
	}
	f, err := atomicfile.Open(d.Path)
	if err != nil {
		return false
	}
	defer f.Close() //nolint:errcheck // read only
	if err := d.Encode(&sameAs{r: f}, d.journal); err != nil {
		return false
	}
	_, err = f.Read(make([]byte, 1))
	return errors.Is(err, io.EOF)
}

// sameAs takes what a reader gives, and nothing else.
type sameAs struct {
	r   io.Reader
	buf []byte
}

var errDiffers = errors.New("it differs")

func (s *sameAs) Write(b []byte) (int, error) {
	if len(s.buf) < len(b) {
		s.buf = make([]byte, len(b))
	}
	have := s.buf[:len(b)]
	if _, err := io.ReadFull(s.r, have); err != nil || !bytes.Equal(have, b) {
		return 0, errDiffers
	}
	return len(b), nil
}
