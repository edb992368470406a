// Package build makes folders from git repositories: a commit, or the working
// tree as it stands, is checked out into a cache and a command is run there.
//
// Resolve says what would be built and where, offline, without running anything
// of the repository and without writing into it. Make builds what is missing.
// Clean empties the cache. Not supported: git filters, so that files of Git LFS
// come out of a commit as the pointers that it stores.
package build
