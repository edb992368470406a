//go:build !linux

package cpu

// pins is for systems that let a thread be tied to a core.
type pins struct{}

func newPins(int) pins     { return pins{} }
func (p *pins) hold(i int) {}
func (p *pins) release()   {}
