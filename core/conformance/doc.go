// Package conformance holds a plugin in any language against the protocol, from
// outside: over its real socket, started exactly as a session starts it.
//
// [Check] works through the rules of rules.go in order. A rule looks at one thing
// that a plugin owes: what it says of itself (say.go), configurations (wrong.go),
// preparation (prepare.go), visits (visits.go, times.go, stop.go), and its end
// (end.go). A subject (subject.go) gives the rules a prepared process, and a new
// one after each that died. What one rule finds is not blamed on the others: they
// are skipped, and name it. [Try] is one visit for people to look at.
package conformance
