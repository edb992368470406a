// Package export writes result documents in the forms that other tools read: rows as
// CSV or JSON, and the Go benchmark format. It computes nothing that a document does
// not have.
//
// Imported by core/cli.
package export
