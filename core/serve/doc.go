// Package serve shows a folder of result documents in a browser of the same machine,
// and the sessions of that folder while they are measured. It only reads.
//
// The main path: Listen takes a port of loopback, Open the folder, and Run answers
// until its context ends. Pages are those of core/page, made when somebody asks for
// one. What a session does is read from its journal, at most once a second and only
// while a page asks: of a journal that did not grow, no more than its size.
//
// Imported by core/cli.
package serve
