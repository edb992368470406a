// Package rejudge asks of a finished result document whether its conclusions
// follow from its own raw samples, offline.
//
// The main path: [Check] computes everything derived once more on a copy, with
// the code that judged the session, and lists where the document says something
// else; [Report.Judgements] says for each verdict whether it still follows.
// [CheckJournal] holds the document's samples against the journal, whose lines
// carry checksums. Numbers may differ in their last bits, since processors do
// not round every expression alike; wording may differ, since it improves.
//
// Imported by core/cli, core/compare, core/page, core/promote, core/report and core/session.
package rejudge
