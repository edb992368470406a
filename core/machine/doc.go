// Package machine looks at the computer that measures: its facts, its state before and
// after, what else ran during a visit, and the lock that keeps two sessions from
// measuring at once. Imported by core/cli, core/conformance,
// core/fleet/internal/worker and core/session.
package machine
