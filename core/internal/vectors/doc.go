// Package vectors records conversations between the host and a plugin for authors
// of other SDKs, and replays them without the host. docs/plugins.md has the format
// of the files in core/proto/vectors.
//
// The main path: each conversation of script.go is held by package process, as a
// session does, with the plugin of plugin.go; a [Recorder] on the connection writes
// down every message. [Replay] says the host's part of a file to any plugin and
// compares the answers. `go test ./core/internal/vectors -update` records anew.
package vectors
