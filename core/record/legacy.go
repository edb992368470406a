package record

// round1 is what rounds of schema 1 say of their one process.
type round1 struct {
	PID       *int    `json:"pid"`
	StartupNs int64   `json:"startup_ns"`
	Device    *Device `json:"device"`
}

// UnmarshalJSON also reads rounds of schema 1, whose one process had its fields
// in the round itself.
func (d *Round) UnmarshalJSON(b []byte) error {
	type plain Round
	in := struct {
		*plain
		round1
	}{plain: (*plain)(d)}
	if err := strictly(b, &in); err != nil {
		return err
	}
	if in.PID != nil && len(d.Processes) == 0 {
		d.Processes = []Process{}
		d.single(*in.PID, in.StartupNs, in.Device)
	}
	return nil
}

// single gives a round of schema 1 its one process, if that got to its device.
func (d *Round) single(pid int, startup int64, device *Device) {
	if device == nil || device.Kind == "" {
		return
	}
	d.Processes = append(d.Processes, Process{Arms: d.Arms, PID: pid, StartupNs: startup, Device: *device})
}
