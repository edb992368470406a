//go:build !linux

package proctree

import "syscall"

// cgroup is a thing of Linux; no other system gives one.
type cgroup struct{}

var ownCgroup = func() string { return "" }

func newCgroup(string) *cgroup             { return nil }
func (*cgroup) enter(*syscall.SysProcAttr) {}
func (*cgroup) entered()                   {}
func (*cgroup) kill()                      {}
func (*cgroup) remove()                    {}
func sweepCgroups(bool) []int              { return nil }
