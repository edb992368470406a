// Package worker measures jobs of one class, one at a time. It runs the assay of its
// machine as anyone would at a terminal, `assay run` and `assay resume`, and measures
// nothing itself: what it knows of a session it reads in its journal.
//
// The main path: [Worker.Measure] checks whose word a job has, unpacks its suite, goes on
// with the session that an earlier attempt left on this machine or begins one, says in
// heartbeats how far it is, and hands the documents over once journal and documents
// agree that nothing is missing.
//
// Imported by core/fleet/internal/cli.
package worker
