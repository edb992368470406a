package sdk

import "github.com/assay-bench/assay/core/internal/serving"

// Serve is the whole main of a plugin. It returns when the host is done, or
// exits: 1 with a text on stderr when the plugin is defective or was started
// by hand, 86 when its connection to the host is gone. If the host itself is
// gone, the processes that the plugin started end with it.
//
// With "describe" as first argument it prints the description as JSON; with
// "tool", it runs one of the plugin's Tools.
func Serve[C any](p Plugin[C]) {
	log := serving.NewLogger()
	server, err := NewServer(p, serving.Options{Log: log})
	if err != nil {
		serving.Exit(err)
	}
	serving.Main(server, log)
}
