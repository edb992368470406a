package record

// Metadata of one experiment. Pointers and Reason fields make what is unknown
// explicit: a field is never left out.
type Metadata struct {
	Model       *string  `json:"model"`
	Epsilon     []string `json:"epsilon"`     // distinct values over variants; empty: does not apply
	Threadgroup []string `json:"threadgroup"` // as above
	Bits        []string `json:"bits"`
	GroupSize   []string `json:"group_size"`
	DType       []string `json:"dtype"`
	MLXVersion  *string  `json:"mlx_version"`
	MLXReason   string   `json:"mlx_version_reason"` // why it is null
	GitSHA      *string  `json:"git_sha"`
	GitDirty    *bool    `json:"git_dirty"`
	GitReason   string   `json:"git_reason"`

	Assay  Binary `json:"assay"`
	Plugin Binary `json:"plugin"`
	Device Device `json:"device"`
	Host   Host   `json:"host"`

	Before Environment `json:"environment_before"`
	After  Environment `json:"environment_after"`
}

// Binary identifies an executable.
type Binary struct {
	Name      string `json:"name"`
	Version   string `json:"version"`
	SHA256    string `json:"sha256"`
	GoVersion string `json:"go_version"`
	SDK       string `json:"sdk_version,omitempty"`
}

// Device as the plugin reported it.
type Device struct {
	Kind      string            `json:"kind"`
	Index     int               `json:"index"` // among those of its kind
	Name      string            `json:"name"`
	Family    string            `json:"family"`
	Cores     int               `json:"cores"`
	Memory    int64             `json:"memory_bytes"`
	LastCache int64             `json:"last_cache_bytes"`
	Driver    string            `json:"driver"`
	OSBuild   string            `json:"os_build"`
	Simulated bool              `json:"simulated"`
	CopyRate  float64           `json:"copy_bytes_per_second,omitempty"` // of documents from before yardsticks
	Facts     map[string]string `json:"facts"`

	Yardsticks []string `json:"yardsticks,omitempty"` // that its process can measure
}

// Host is the machine's processor and system.
type Host struct {
	Hostname string   `json:"hostname"`
	OS       string   `json:"os"`
	Arch     string   `json:"arch"`
	Kernel   string   `json:"kernel"`
	CPU      string   `json:"cpu"`
	Cores    int      `json:"cores"`
	Memory   int64    `json:"memory_bytes"`
	Flags    []string `json:"cpu_flags"`
	Virtual  string   `json:"virtualization"`
}
