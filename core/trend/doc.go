// Package trend reads the result documents of a folder as a history: how the speed of
// each variant went from session to session, where it changed, and how quiet the
// machines were.
//
// What it needs of each document stands in an index, a flat file that is made again
// of the documents whenever it is missing. Two sessions are compared by the rule of
// core/compare.
package trend
