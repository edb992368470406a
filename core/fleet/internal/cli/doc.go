// Package cli is the assay-fleet command: one file per subcommand.
//
// Imported by core/fleet.
package cli
