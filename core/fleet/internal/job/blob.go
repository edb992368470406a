package job

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
)

// MaxInline is the most that travels through the server. It takes 2 MB in one piece,
// and bytes become a third more on their way.
const MaxInline = 1 << 20

// Blob is bytes that travel: within the message where they are few, else by their
// digest, to be found in the store.
type Blob struct {
	SHA256 string `json:"sha256"`
	Size   int64  `json:"size"`
	Inline []byte `json:"inline,omitempty"`
}

// Store keeps bytes by their digest, for both sides.
type Store interface {
	Put(ctx context.Context, sum string, b []byte) error
	Get(ctx context.Context, sum string) ([]byte, error)
}

// LargeError is of bytes that do not travel.
type LargeError struct{ Size int64 }

func (e *LargeError) Error() string {
	return fmt.Sprintf("%d bytes do not travel through the server, which takes %d: start dispatcher and workers with --store, for which `assay-fleet up` prints the address", e.Size, MaxInline)
}

// Keep makes a blob of bytes. Without a store, what is too large is a [*LargeError].
func Keep(ctx context.Context, s Store, b []byte) (Blob, error) {
	sum := sha256.Sum256(b)
	out := Blob{SHA256: hex.EncodeToString(sum[:]), Size: int64(len(b))}
	switch {
	case len(b) <= MaxInline:
		out.Inline = b
	case s == nil:
		return Blob{}, &LargeError{out.Size}
	default:
		if err := s.Put(ctx, out.SHA256, b); err != nil {
			return Blob{}, fmt.Errorf("store: %w", err)
		}
	}
	return out, nil
}

// Bytes of the blob, held against its digest.
func (b *Blob) Bytes(ctx context.Context, s Store) ([]byte, error) {
	data := b.Inline
	if b.Size > MaxInline {
		if s == nil {
			return nil, fmt.Errorf("%d bytes are in a store: start this with --store, for which `assay-fleet up` prints the address", b.Size)
		}
		var err error
		if data, err = s.Get(ctx, b.SHA256); err != nil {
			return nil, fmt.Errorf("store: %w", err)
		}
	}
	if sum := sha256.Sum256(data); hex.EncodeToString(sum[:]) != b.SHA256 {
		return nil, fmt.Errorf("%d bytes arrived that are not those that were sent: their sha256 is %x, and %s was said", len(data), sum, b.SHA256)
	}
	return data, nil
}
