package process

import (
	"bufio"
	"os"
	"strconv"
	"strings"
)

type oomVerdict int

const (
	oomUnknown   oomVerdict = iota // the system has no counter
	oomUnchanged                   // nothing was killed for memory meanwhile
	oomGrew
)

// oomCounter is the number of processes that the kernel killed for memory, of
// the machine and of this control group, where the system counts them (Linux).
type oomCounter struct {
	known bool
	kills int64
}

func countOOM() oomCounter {
	var c oomCounter
	for _, path := range []string{"/proc/vmstat", "/sys/fs/cgroup/memory.events"} {
		if n, ok := readCounter(path, "oom_kill"); ok {
			c.known = true
			c.kills += n
		}
	}
	return c
}

func (c oomCounter) since() oomVerdict {
	now := countOOM()
	switch {
	case !c.known || !now.known:
		return oomUnknown
	case now.kills > c.kills:
		return oomGrew
	}
	return oomUnchanged
}

// readCounter reads one "name number" line.
func readCounter(path, name string) (int64, bool) {
	f, err := os.Open(path)
	if err != nil {
		return 0, false
	}
	defer f.Close() //nolint:errcheck // read only
	s := bufio.NewScanner(f)
	for s.Scan() {
		if text, ok := strings.CutPrefix(s.Text(), name+" "); ok {
			n, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
			return n, err == nil
		}
	}
	return 0, false
}
