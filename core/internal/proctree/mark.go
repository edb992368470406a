package proctree

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
)

// EnvMark is the environment variable that a tree's processes inherit. Its value
// names the trees that a process is in, the innermost last, separated by "/".
const EnvMark = "ASSAY_TREE"

// cgroupPrefix begins the names of the cgroups of Linux; a tree's id follows.
const cgroupPrefix = "assay-"

// host is a process that starts trees. A number of a process is used again, but
// not with the same beginning; a container has numbers of its own.
type host struct {
	space string
	pid   int
	start uint64
}

var thisHost = sync.OnceValue(func() host {
	p, _ := look(os.Getpid())
	return host{space(), os.Getpid(), p.start}
})

// newID names the host's nth tree.
func newID(n int) string {
	h := thisHost()
	return fmt.Sprintf("%s-%d-%d-%d", h.space, h.pid, h.start, n)
}

// hostOf is the host that a tree's id names.
func hostOf(id string) (h host, ok bool) {
	parts := strings.Split(id, "-")
	if len(parts) != 4 {
		return host{}, false
	}
	pid, err1 := strconv.Atoi(parts[1])
	start, err2 := strconv.ParseUint(parts[2], 10, 64)
	return host{parts[0], pid, start}, err1 == nil && err2 == nil && pid > 0
}

// gone says that the host has ended. One of another container may be alive.
func (h host) gone() bool {
	if h.space != thisHost().space {
		return false
	}
	p, ok := look(h.pid)
	return !ok || p.zombie || p.start != h.start
}

func nested(outer, id string) string {
	if outer == "" {
		return id
	}
	return outer + "/" + id
}

// within says that a mark names a tree.
func within(mark, id string) bool { return mark != "" && strings.Contains("/"+mark+"/", "/"+id+"/") }

// innermost is the tree that a process was started in.
func innermost(mark string) string { return mark[strings.LastIndexByte(mark, '/')+1:] }
