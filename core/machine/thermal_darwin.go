package machine

import "github.com/assay-bench/assay/metal/apple"

// processThermalState is macOS's own word, empty where it cannot be asked.
func processThermalState() string {
	c, err := apple.SystemConditions()
	if err != nil || c.Thermal == "unknown" {
		return ""
	}
	return c.Thermal
}
