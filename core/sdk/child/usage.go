package child

import (
	"context"
	"fmt"
	"syscall"
	"time"

	"github.com/shirou/gopsutil/v4/process"
)

// Usage is what a process group holds and has used.
type Usage struct {
	Processes int
	CPU       time.Duration // of its live members, since each one's start
	Resident  int64         // bytes; shared pages count once for each member
}

// Usage reads the group's members. A member that ends meanwhile is left out.
func (c *Child) Usage(ctx context.Context) (Usage, error) {
	var u Usage
	pids, err := process.PidsWithContext(ctx)
	if err != nil {
		return u, fmt.Errorf("processes of the group: %w", err)
	}
	for _, pid := range pids {
		if g, err := syscall.Getpgid(int(pid)); err != nil || g != c.group.id || int(pid) == c.group.id {
			continue
		}
		p := &process.Process{Pid: pid}
		times, err := p.TimesWithContext(ctx)
		if err != nil {
			continue
		}
		u.Processes++
		u.CPU += time.Duration((times.User + times.System) * float64(time.Second))
		if m, err := p.MemoryInfoWithContext(ctx); err == nil {
			u.Resident += int64(m.RSS)
		}
	}
	return u, nil
}
