// Package proctree starts foreign programs so that nothing they start outlives
// them: children in other process groups and sessions, daemons, and processes
// that are stopped or ignore signals end with the root of their tree.
//
// On Linux a tree has a cgroup of its own where cgroup v2 can be written, which
// the kernel kills as a whole. Everywhere the tree is also searched for: by
// parents, process groups, sessions and a mark in the environment. On Linux the
// host adopts what a tree orphans, so that a process which clears its environment
// is found as well. Other systems do not adopt: there a daemon that clears its
// environment survives, and on macOS so does one whose environment the system
// hides.
//
// The main path: [Start] or [Run], [Tree.Wait]. [EndOrphans] ends the trees of
// hosts that were killed, [KillAll] those of this one.
//
// Everything in core that starts a program stands on it.
package proctree
