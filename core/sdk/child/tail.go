package child

import (
	"strings"
	"sync"
)

// tail keeps the end of what was written to it.
type tail struct {
	mu   sync.Mutex
	kept []byte
	cut  bool
}

func (t *tail) add(p []byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.kept = append(t.kept, p...)
	if over := len(t.kept) - tailBytes; over > 0 {
		t.kept = append(t.kept[:0], t.kept[over:]...)
		t.cut = true
	}
}

// String begins with a whole line, if there is more than one.
func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	text := string(t.kept)
	if _, rest, ok := strings.Cut(text, "\n"); ok && t.cut && rest != "" {
		text = rest
	}
	return strings.ToValidUTF8(text, "\uFFFD")
}
