// Package connect reaches a server: its address and certificates, what is wrong where it
// does not answer, and the store for what is too large to travel through it.
//
// Imported by core/fleet/internal/cli and core/fleet/internal/server.
package connect
