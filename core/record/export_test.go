package record

import (
	"bytes"
	"errors"
	"io"
)

// For the fuzz targets, which stand outside the package: they use fakeresult.
var (
	WalkEvents = walkEvents
	ParseRows  = parseRows
	Sum        = sum
)

// ReadFrom reads a document as ReadResult does.
func ReadFrom(path string, from *bytes.Reader) (*Result, error) {
	return readFrom(path, io.Reader(from), nil, func(int, *Case, *Round) error { return nil })
}

// RecoverFrom makes documents as Recover does.
func RecoverFrom(journal []byte) (*Recovery, error) {
	return recoverFrom(bytes.NewReader(journal), "j", false)
}

// EncodeWhole is what Write puts into a file.
func (d *Recovered) EncodeWhole(w *bytes.Buffer) error {
	err := d.Encode(w, d.journal)
	if errors.As(err, new(*LostSamples)) {
		w.Reset()
		if err = d.keepSamples(); err == nil {
			err = d.Encode(w, nil)
		}
	}
	return err
}

// StreamHead is ReadHead of a document that is too large for memory.
var StreamHead = streamHead
