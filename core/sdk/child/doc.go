// Package child runs a foreign program on behalf of a plugin: in a process
// group of its own that ends with the plugin, however the plugin ends, and with
// the last of its output kept.
//
// The main path: Environ, Start, then wait for Done or call Stop; Exit and Tail
// say how it went, Usage what the group takes meanwhile.
package child
