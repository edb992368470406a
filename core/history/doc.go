// Package history remembers what sessions learned about the noise of a machine,
// so that the next plan can say what its rounds will be able to detect and how
// long they take. Two things live here:
//
//   - the [Store], an append-only file of one [Lesson] per measured case, beside
//     the user's other state: [Open], [Store.Append] at the end of a session,
//     [Store.Load] and its [Knowledge] before the next;
//   - the [Document], to which records of other tools are imported, and in which
//     [Document.Summarize] looks for how far the same control has moved between
//     their sessions.
//
// Imported by core/cli, core/importer/zmlx, core/plan, core/report and core/trend.
package history
