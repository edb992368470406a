package proctree

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// cgroup holds the processes of one tree; nil: the system has none to give.
type cgroup struct {
	path string
	dir  *os.File // until the root has entered
}

// newCgroup makes a cgroup below this process's own, so that its limits hold.
func newCgroup(id string) *cgroup {
	parent := ownCgroup()
	if parent == "" {
		return nil
	}
	path := filepath.Join(parent, cgroupPrefix+id)
	if os.Mkdir(path, 0o755) != nil {
		return nil
	}
	dir, err := os.Open(path)
	if err != nil {
		_ = os.Remove(path)
		return nil
	}
	return &cgroup{path, dir}
}

// enter makes a process begin in the cgroup.
func (g *cgroup) enter(a *syscall.SysProcAttr) { a.UseCgroupFD, a.CgroupFD = true, int(g.dir.Fd()) }

func (g *cgroup) entered() { _ = g.dir.Close() }

// kill kills all that is in the cgroup and in cgroups below it.
func (g *cgroup) kill() {
	if g == nil {
		return
	}
	if os.WriteFile(filepath.Join(g.path, "cgroup.kill"), []byte("1"), 0) == nil {
		return
	}
	// Linux has had cgroup.kill since 5.14. What is frozen starts nothing.
	_ = os.WriteFile(filepath.Join(g.path, "cgroup.freeze"), []byte("1"), 0)
	for _, pid := range g.processes() {
		_ = syscall.Kill(pid, syscall.SIGKILL)
	}
}

// remove removes the cgroup if it is empty. EndOrphans of a later session removes
// one that the kernel keeps.
func (g *cgroup) remove() {
	if g == nil {
		return
	}
	_ = g.dir.Close()
	dirs := g.folders()
	for i := len(dirs) - 1; i >= 0; i-- { // the inner ones first
		for pause := time.Millisecond; errors.Is(os.Remove(dirs[i]), syscall.EBUSY) && pause < removeLimit; pause *= 2 {
			time.Sleep(pause) // what was killed is on its way out
		}
	}
}

// removeLimit bounds the wait for a cgroup to become empty.
const removeLimit = 100 * time.Millisecond

// folders are the cgroup's own and those below it.
func (g *cgroup) folders() (dirs []string) {
	_ = filepath.WalkDir(g.path, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() {
			dirs = append(dirs, path)
		}
		return nil
	})
	return dirs
}

// sweepCgroups finds the processes in cgroups of hosts that are gone, or kills what
// is in there and removes the cgroups.
func sweepCgroups(remove bool) (inside []int) {
	parent := ownCgroup()
	if parent == "" {
		return nil
	}
	entries, _ := os.ReadDir(parent)
	for _, e := range entries {
		id, ours := strings.CutPrefix(e.Name(), cgroupPrefix)
		if h, ok := hostOf(id); ours && ok && h.gone() {
			g := &cgroup{path: filepath.Join(parent, e.Name())}
			if !remove {
				inside = append(inside, g.processes()...)
				continue
			}
			g.kill()
			g.remove()
		}
	}
	return inside
}

// processes are those in the cgroup and below it.
func (g *cgroup) processes() (pids []int) {
	for _, dir := range g.folders() {
		b, _ := os.ReadFile(filepath.Join(dir, "cgroup.procs"))
		for _, word := range strings.Fields(string(b)) {
			if pid, err := strconv.Atoi(word); err == nil && pid > 1 {
				pids = append(pids, pid)
			}
		}
	}
	return pids
}

// ownCgroup is the folder of this process's cgroup v2, empty where there is none.
// It may be mounted beside cgroup v1; killing needs no controller.
var ownCgroup = sync.OnceValue(func() string {
	mounts, err1 := os.ReadFile("/proc/self/mountinfo")
	own, err2 := os.ReadFile("/proc/self/cgroup")
	if err1 != nil || err2 != nil {
		return ""
	}
	return cgroupFolder(string(mounts), string(own))
})

// cgroupFolder finds the folder by the texts of /proc/self/mountinfo and
// /proc/self/cgroup.
func cgroupFolder(mounts, own string) string {
	path := ""
	for line := range strings.Lines(own) {
		if p, ok := strings.CutPrefix(strings.TrimRight(line, "\n"), "0::"); ok {
			path = p
		}
	}
	if path == "" || strings.HasPrefix(path, "/..") {
		return ""
	}
	for line := range strings.Lines(mounts) {
		mount, kind, ok := strings.Cut(line, " - ") // 41 31 0:38 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw
		f := strings.Fields(mount)
		if !ok || len(f) < 6 || !strings.HasPrefix(kind, "cgroup2 ") || !strings.HasPrefix(f[5]+",", "rw,") {
			continue
		}
		if rel, err := filepath.Rel(unescape(f[3]), path); err == nil && filepath.IsLocal(rel) {
			return filepath.Join(unescape(f[4]), rel)
		}
	}
	return ""
}

// unescape reads the octal numbers that stand for blanks in mountinfo.
var unescape = strings.NewReplacer(`\040`, " ", `\011`, "\t", `\012`, "\n", `\134`, `\`).Replace
