// Package serving is the process of a plugin around the protocol: what it does
// with its arguments, its log, go-plugin's server and its end. Package sdk makes
// the [Server]; the host's own test plugins wrap one.
//
// The main path: [Main], which [Protocol] is the last part of.
package serving
