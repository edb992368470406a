// Package registry finds installed plugins. It looks in fixed folders, never
// on $PATH, takes the first hit of each name, and keeps what it passed over
// with the reason. The main path: Discover lists candidates and asks each what
// it is; Get gives the one that an experiment names. Imported by core/cli.
package registry
