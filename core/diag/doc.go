// Package diag shows diagnostics to people and to machines.
//
// A fault in a user's HCL is an [hcl.Diagnostic]; nothing else is. This
// package sorts and de-duplicates a set of them ([Tidy]), writes them as text
// with the source line and a caret ([Write]) or turns them into one JSON
// shape ([JSON]), and finds the name a user probably meant ([Suggest]).
// It imports nothing of Assay.
package diag
