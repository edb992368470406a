// Package process runs one plugin process and survives whatever it does.
//
// The main path: Start verifies the binary's digest, execs it as the root
// of a process tree and connects over mutual TLS; the RPC methods carry host-side
// deadlines; Measure runs one visit in lock-step; Stop ends the process step by
// step. When the process dies or misbehaves, every call returns a *DeathError,
// and the process is gone by then: what happened is data, see Death.
package process
