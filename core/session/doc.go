// Package session is the measuring loop.
//
// The main path: [Session.Run] takes experiments in order (session.go,
// experiment.go). For each of them a runner repeats two things until nothing is
// left (runner.go): it asks next, a pure function of the document, for the step
// that comes now (next.go, next_round.go), and does it (step_*.go). Whatever is
// done goes through emit: into the journal as an event first, then into the
// document, which is the fold of its events, and only then is the plugin told to
// go on.
//
// There is no state beside the document but the processes that live. So
// [Resume] is the same loop on the document that a journal folds into.
package session
