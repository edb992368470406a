package config

import "time"

// Program is what an arm runs. Two arms of equal programs may share a process;
// arms of different ones never do.
type Program struct {
	Plugin  string            // a key of required_plugins or an installed plugin's name
	Binary  string            // absolute path of the executable; empty: the installed one
	Env     map[string]string // added to the environment that the host allows
	Inherit []string          // sorted names of the host's variables that it gets too
	Device  string            // KIND, KIND:INDEX or auto, as written
	Kind    string            // of device: what auto comes to, for this plugin on this machine
	Index   int               // of the device among those of its kind
	Build   *Build            // nil: nothing is built
}

// Build is a folder made from a repository before the first round. Dir and
// Commit are known before it is built.
type Build struct {
	Repo    string // absolute path of the repository
	Ref     string // as written; empty: the working tree as it stands
	Command []string
	Env     map[string]string // of Command
	Timeout time.Duration

	Commit string // "COMMIT", or "COMMIT+TREE" where there are uncommitted files
	Key    string // of the cache
	Dir    string // absolute path of the built checkout
	Built  bool   // it is in the cache already
}
