// Package zmlx reads the records of the ZMLX project into Assay's history
// document: matrix files, one JSON object per line; repro capsules, one
// JSON object whose sections are rows under a common "meta"; and what its sweeps and
// benchmark scripts write (summaries, snapshots, end-to-end and stress runs, reports).
//
// The main path: [Read] for each file, then [history.Document.Summarize]. Every row of
// a file ends in the document, in Rows or in Rejected with its text and the reason, and
// a file of which nothing is taken stands in Files with the reason. What a row does not
// say, its model above all, stays empty. Fields that are not known, missing or of another
// type are warnings that name them; the raw row keeps them. Imported by core/cli.
package zmlx
