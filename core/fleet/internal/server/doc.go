// Package server starts a Temporal server from a binary that it finds, with what a fleet
// needs beside it: the workflows' worker, and the store for what is over 1 MiB.
//
// The main path: [Find] a binary, [Config] it, [Up] runs everything until its context ends.
//
// Imported by core/fleet/internal/cli.
package server
