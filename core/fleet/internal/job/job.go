package job

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"time"
)

// Job is what one workflow measures: one experiment on one class of machines, with
// the experiments that depend on it or that it depends on, in one session.
type Job struct {
	Run         string   `json:"run"` // the dispatch that it belongs to
	Class       string   `json:"class"`
	Name        string   `json:"name"`        // of its first experiment
	Experiments []string `json:"experiments"` // in the order of the source

	Suite    Blob              `json:"suite"` // the files, packed from the working folder
	Paths    []string          `json:"paths"` // of the experiments, within it
	Dir      string            `json:"dir"`   // the folder of the experiments, within it
	Vars     map[string]string `json:"vars,omitempty"`
	VarFiles []string          `json:"var_files,omitempty"`
	Env      map[string]string `json:"env,omitempty"` // ASSAY_VAR_NAME of the dispatcher, for the suite's variables

	Origin    Origin     `json:"origin"`
	Signature *Signature `json:"signature,omitempty"`
}

// Origin is where a suite came from, as its dispatcher says. Nothing holds it against
// anything: a worker believes signatures alone.
type Origin struct {
	User   string `json:"user"`
	Host   string `json:"host"`
	Folder string `json:"folder"`
	Commit string `json:"commit,omitempty"` // of git
	Dirty  bool   `json:"dirty,omitempty"`
}

// ID is the workflow's: there is one for each run, class and experiment, so that a
// dispatcher that is started again finds what it has started before.
func (j *Job) ID() string { return fmt.Sprintf("assay/%s/%s/%s", j.Run, j.Class, j.Name) }

// digest is what a signature is about: everything that decides what a worker runs.
// The bytes of the suite are in it by their digest.
func (j *Job) digest() ([]byte, error) {
	signed := *j
	signed.Signature, signed.Suite.Inline = nil, nil
	b, err := json.Marshal(signed)
	if err != nil {
		return nil, fmt.Errorf("job %s: %w", j.ID(), err)
	}
	sum := sha256.Sum256(append([]byte("assay-fleet job v1\n"), b...))
	return sum[:], nil
}

// Machine is who measured.
type Machine struct {
	Worker string `json:"worker"` // the name that it was started by
	Host   string `json:"host"`
	OS     string `json:"os"`
	Arch   string `json:"arch"`
	CPU    string `json:"cpu"`
	Memory int64  `json:"memory_bytes"`
	Kernel string `json:"kernel"`
	Assay  string `json:"assay_sha256"`
	Print  string `json:"fingerprint"` // digest of all of the above but the name
}

// Progress is what a heartbeat carries: how far the journal of the session is. The next
// attempt reads it, and so does whoever watches.
type Progress struct {
	Machine   Machine     `json:"machine"`
	Attempt   int32       `json:"attempt"`
	Session   string      `json:"session,omitempty"`
	Rounds    int         `json:"rounds"` // of the session that count, by the journal
	Abandoned []Abandoned `json:"abandoned,omitempty"`
	Line      string      `json:"line"` // the last that assay printed
	Log       string      `json:"log"`  // the last lines
	At        time.Time   `json:"at"`
}

// MaxLog is how much of a log travels in a heartbeat: partial results stay far
// below 256 KiB.
const MaxLog = 8 << 10

// Outcome is the accepted result of a job: documents of one session of one machine.
type Outcome struct {
	Machine   Machine     `json:"machine"`
	Attempt   int32       `json:"attempt"`
	Session   string      `json:"session"`
	Documents Blob        `json:"documents"` // NAME.json of each experiment, packed
	Results   []Result    `json:"results"`
	Resumed   int         `json:"resumed"` // how often the session went on
	Abandoned []Abandoned `json:"abandoned,omitempty"`
	Log       string      `json:"log"`
}

// Result is the gist of one document.
type Result struct {
	Experiment string `json:"experiment"`
	Status     string `json:"status"`
	Verdict    string `json:"verdict"`
	Rounds     int    `json:"rounds"` // in the document
	Journaled  int    `json:"journaled"`
	SHA256     string `json:"sha256"` // of the document
}

// MovedOn is why rounds of a machine are abandoned that did not come back in time.
const MovedOn = "another worker went on"

// Abandoned are rounds that were measured and are in no document, because the session
// could not go on: they were measured again by another one. Rounds of two machines are
// never pooled.
type Abandoned struct {
	Worker string `json:"worker"`
	Host   string `json:"host"`
	Rounds int    `json:"rounds"`
	Why    string `json:"why"`
}
