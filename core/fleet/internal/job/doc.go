// Package job is what travels between a dispatcher and a worker: a [Job] there, a
// [Progress] in each heartbeat, an [Outcome] back. It has the workflow, which hands one
// job to the queue of its class and does nothing else, the packing of a suite's files,
// the rule for what is too large to travel, and the signature by which a worker knows
// whose word it runs programs on.
//
// Imported by core/fleet/internal/cli, core/fleet/internal/connect,
// core/fleet/internal/dispatch, core/fleet/internal/server and
// core/fleet/internal/worker.
package job
