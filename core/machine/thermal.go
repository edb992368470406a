package machine

// thermalName of an NSProcessInfoThermalState.
func thermalName(state int) string {
	names := []string{"nominal", "fair", "serious", "critical"}
	if state < 0 || state >= len(names) {
		return ""
	}
	return names[state]
}
