package badplugin

import (
	"encoding/binary"
	"fmt"
	"os"
	"time"
)

// Clock names a file that holds the time, for tests in which host and plugin
// share a clock that only moves when a batch is said to take time.
const Clock = "ASSAY_CLOCK"

// ReadClock is the file's time.
func ReadClock(path string) (time.Time, error) {
	b, err := os.ReadFile(path)
	if err != nil || len(b) != 8 {
		return time.Time{}, fmt.Errorf("clock %s: %d bytes, want 8: %w", path, len(b), err)
	}
	return time.Unix(0, int64(binary.LittleEndian.Uint64(b))).UTC(), nil
}

// SetClock sets it.
func SetClock(path string, t time.Time) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	defer f.Close()
	// Eight bytes in one write: a reader sees the old time or the new one.
	_, err = f.WriteAt(binary.LittleEndian.AppendUint64(nil, uint64(t.UnixNano())), 0)
	return err
}

// Advance moves it.
func Advance(path string, by time.Duration) error {
	t, err := ReadClock(path)
	if err != nil {
		return err
	}
	return SetClock(path, t.Add(by))
}
