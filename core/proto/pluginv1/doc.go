// Package pluginv1 is the generated Go form of plugin protocol version 1.
// The contract is the comments of plugin.proto. Imported by core/process and
// core/sdk; everyone else speaks through those.
package pluginv1

//go:generate sh ./generate.sh
