// Package session is the measuring loop.
//
// The main path, one file each: Session.Run takes experiments in order
// (session.go); an experiment takes its cases (experiment.go); a case runs
// rounds until the judge has seen enough, then asks the plugin's search for
// more (case.go, search.go); a round is one fresh plugin process that prepares,
// warms up and visits every variant in a palindromic order (round.go,
// visit.go). Everything measured goes through emit: journal first, then the
// document, and only then is the plugin told to go on.
//
// Imported by core/cli.
package session
