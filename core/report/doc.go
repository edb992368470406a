// Package report shows results and progress to people: tables, one live line on a
// terminal, plain lines elsewhere. It computes nothing: every number is in the result
// document. Imported by core/cli, core/page, core/promote and core/serve.
package report
