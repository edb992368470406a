// Package dispatch hands a suite's experiments to the workers of their classes and
// brings the documents home.
//
// The main path: [Plan] reads which experiment goes where, and packs the files; [Run.Start]
// starts a workflow for each job, once however often it is called; [Run.Follow] shows how
// far they are and writes each document when it is accepted; [Table] sets the classes
// side by side. A run is a folder, results/fleet/RUN: whoever has it can follow, ask and
// cancel.
//
// Imported by core/fleet/internal/cli.
package dispatch
