package process

import (
	"os"
	"strings"
)

// printedBytes of a plugin's stdout are kept.
const printedBytes = 4 << 10

// Printed is what the plugin printed on stdout after the handshake; of much, the
// beginning.
func (p *Process) Printed() string {
	o := p.theChild().out
	o.mu.Lock()
	defer o.mu.Unlock()
	return strings.ToValidUTF8(string(o.printed), "?")
}

// keepPrinted keeps the beginning of stdout.
func (o *output) keepPrinted(raw []byte) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if room := printedBytes - len(o.printed); room > 0 {
		o.printed = append(o.printed, raw[:min(room, len(raw))]...)
	}
}

// Orphan closes the host's end of the lifeline, as the end of the host would, and
// nothing else: the plugin is to end by itself.
func (p *Process) Orphan() { _ = p.theChild().lifeline.Close() }

// State is how the process ended, as the system tells it; nil while it runs.
func (p *Process) State() *os.ProcessState {
	if c := p.theChild(); c.hasExited() {
		return c.state
	}
	return nil
}
