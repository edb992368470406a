package machine

import (
	"cmp"
	"maps"
	"slices"
	"time"
)

// proc is a process as the system shows it at one moment.
type proc struct {
	parent, group, session int
	began                  time.Duration // by systemTime; tells a process from a later one of the same id
	ran                    time.Duration // by its own threads, those that ended included
	children               time.Duration // ran by those descendants that ended and were waited for
	rss                    int64         // resident bytes
}

// member is a process of a root's tree.
type member struct {
	proc
	pid, root int
}

// forest knows the process trees of some roots. A process belongs to a tree if
// its parent, its process group's leader or its session's leader does or did, or
// if its environment has the root's mark; so a daemon that left them all is found,
// however short its parents lived. It stays known between visits: looking at every
// process of a machine takes milliseconds.
type forest struct {
	members map[int]*member
	leaders map[int]int           // process that is or was a member, to its root
	marks   map[string]int        // to the root
	gone    map[int]time.Duration // by root: CPU time of members that ended and are in no member's children
	others  map[int]bool          // processes known to be no members
	newest  string                // when the processes were listed last
	listed  time.Time
}

// forgetOthers is how long a process known to be no member is taken for the same
// without a look at the list. Ids are used again after all others were, for
// which this is too short.
const forgetOthers = 5 * time.Second

func newForest() *forest {
	return &forest{
		members: map[int]*member{}, leaders: map[int]int{}, marks: map[string]int{},
		gone: map[int]time.Duration{}, others: map[int]bool{},
	}
}

// plant makes pid a root and says whether it is alive.
func (f *forest) plant(pid int) bool {
	p, ok := look(pid)
	if !ok {
		return false
	}
	if m := f.members[pid]; m != nil && m.root == pid && m.began == p.began {
		return true
	}
	f.fell(pid)
	f.members[pid] = &member{proc: p, pid: pid, root: pid}
	f.leaders[pid] = pid
	if m := mark(pid); m != "" {
		f.marks[m] = pid
	}
	clear(f.others) // among them may be children of the new root
	f.newest = ""
	return true
}

// fell forgets a root and its tree.
func (f *forest) fell(root int) {
	maps.DeleteFunc(f.members, func(_ int, m *member) bool { return m.root == root })
	maps.DeleteFunc(f.leaders, func(_, r int) bool { return r == root })
	maps.DeleteFunc(f.marks, func(_ string, r int) bool { return r == root })
	delete(f.gone, root)
}

// grow finds processes that began or ended since it was last called.
func (f *forest) grow() {
	now := time.Now()
	newest := newestProcess()
	if newest != "" && newest == f.newest && now.Sub(f.listed) < forgetOthers {
		return
	}
	if now.Sub(f.listed) >= forgetOthers {
		clear(f.others)
	}
	f.newest, f.listed = newest, now
	present, fresh := map[int]bool{}, map[int]proc{}
	for _, pid := range processes() {
		present[pid] = true
		if f.members[pid] == nil && !f.others[pid] {
			if p, ok := look(pid); ok {
				fresh[pid] = p
			}
		}
	}
	f.adopt(fresh)
	maps.DeleteFunc(f.others, func(pid int, _ bool) bool { return !present[pid] })
	var ended []*member
	for pid, m := range f.members {
		if !present[pid] {
			ended = append(ended, m)
		}
	}
	f.end(ended)
}

// adopt sorts new processes into trees. A child may stand before its parent.
func (f *forest) adopt(fresh map[int]proc) {
	for found := true; found; {
		found = false
		for pid, p := range fresh {
			if root, ok := f.rootOf(pid, p); ok {
				f.members[pid] = &member{proc: p, pid: pid, root: root}
				f.leaders[pid] = root
				delete(fresh, pid)
				found = true
			}
		}
	}
	for pid := range fresh {
		f.others[pid] = true
	}
}

func (f *forest) rootOf(pid int, p proc) (root int, ok bool) {
	if m := f.members[p.parent]; m != nil {
		return m.root, true
	}
	for _, leader := range []int{p.group, p.session} {
		if root, ok := f.leaders[leader]; ok {
			return root, true
		}
	}
	if len(f.marks) == 0 {
		return 0, false
	}
	root, ok = f.marks[mark(pid)]
	return root, ok
}

// end forgets members that ended, the youngest first. The CPU time of a process
// goes to its parent's children, unless the parent is no member.
func (f *forest) end(ended []*member) {
	slices.SortFunc(ended, func(a, b *member) int { return byAge(b, a) })
	for _, m := range ended {
		if m.pid == m.root {
			f.fell(m.root)
			continue
		}
		if f.members[m.pid] != m {
			continue
		}
		if f.members[m.parent] == nil {
			f.gone[m.root] += m.ran + m.children
		}
		delete(f.members, m.pid)
		if !f.leads(m.pid) {
			delete(f.leaders, m.pid)
		}
	}
}

// leads says that some member is in the group or session of a process that ended,
// whose id the system then gives to no other process.
func (f *forest) leads(pid int) bool {
	for _, m := range f.members {
		if m.group == pid || m.session == pid {
			return true
		}
	}
	return false
}

func byAge(a, b *member) int { return cmp.Or(cmp.Compare(a.began, b.began), cmp.Compare(a.pid, b.pid)) }

// tree is the members of root, the oldest first.
func (f *forest) tree(root int) []*member {
	var out []*member
	for _, m := range f.members {
		if m.root == root {
			out = append(out, m)
		}
	}
	slices.SortFunc(out, byAge)
	return out
}

// rereads bounds how often a tree is read again because a process of it ended
// meanwhile.
const rereads = 5

// read is the CPU time that the tree of root has used so far and the bytes that
// it holds. Parents are read before their children: the time of a child that ends
// in between is in neither, and the tree is read once more.
func (f *forest) read(root int) (used time.Duration, rss int64) {
	for range rereads {
		used, rss = f.gone[root], 0
		var ended []*member
		for _, m := range f.tree(root) {
			p, ok := look(m.pid)
			if !ok || p.began != m.began {
				ended = append(ended, m)
				continue
			}
			m.proc = p
			used += p.ran + p.children
			rss += p.rss
		}
		if len(ended) == 0 {
			break
		}
		f.end(ended)
	}
	return used, rss
}
