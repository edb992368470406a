package record

// Program is what arms run: a plugin's binary, its environment, its device, and
// how the binary or a folder that its configuration names was built.
type Program struct {
	Plugin      Binary     `json:"plugin"`
	Path        string     `json:"path"`
	Environment []Variable `json:"environment"` // all that reaches the process, sorted
	Device      string     `json:"device"`      // as asked for
	Kind        string     `json:"device_kind"` // what auto came to
	Index       int        `json:"device_index"`
	Build       *Build     `json:"build,omitempty"` // nil: nothing was built
}

// Variable of a program's environment.
type Variable struct {
	Name   string `json:"name"`
	Value  string `json:"value"`  // "set" in place of one that looks like a secret
	Source string `json:"source"` // allowed, inherited or experiment
	Secret bool   `json:"secret"`
}

// Build says how a folder was made.
type Build struct {
	Repo        string            `json:"repo"`
	Ref         string            `json:"ref"` // as written; empty: the working tree
	Commit      string            `json:"commit"`
	Command     []string          `json:"command"`
	Environment map[string]string `json:"environment"` // as given to the command
	Folder      string            `json:"folder"`
}
