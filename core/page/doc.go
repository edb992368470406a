// Package page makes the pages that people open in a browser: one file of HTML for
// one or more result documents, and an index of a folder of them. A page loads
// nothing and runs nothing; its charts are SVG by gonum.org/v1/plot, each beside a
// table of its numbers. It computes no verdict: sentences and numbers are those of
// core/report and of the documents.
//
// Texts of plugins and files are foreign: html/template escapes them, and
// core/internal/visible writes out what reorders or hides other text.
package page
