// Package cli is the assay command: one file per subcommand, each a struct whose
// fields are its flags and whose Run method is its main path. cli.go parses and
// dispatches, app.go holds what commands share, load.go turns files into resolved
// experiments. Imported by core.
package cli
