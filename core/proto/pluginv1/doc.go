// Package pluginv1 is the generated Go form of plugin protocol version 1. The contract
// is the comments of plugin.proto.
package pluginv1

import _ "embed"

// Source is the text of plugin.proto, for plugins in other languages.
//
//go:embed plugin.proto
var Source string

//go:generate sh ./generate.sh
