// Package promote decides whether the result of an experiment is stable enough to be
// written down as what is known, and writes it into a Markdown file: the same verdicts
// in several independent sessions, intervals that agree, all that others need to
// repeat it, and a reason for every loss that was accepted.
//
// Imported by core/cli.
package promote
