package apple

// SystemConditions asks the system about heat and power, without a GPU. It needs
// no privileges.
func SystemConditions() (Conditions, error) {
	b, err := openFoundation()
	if err != nil {
		return Conditions{}, err
	}
	defer b.pool()()
	return b.conditions(), nil
}

// conditions are read inside an autorelease pool.
func (b *bridge) conditions() Conditions {
	process := b.msg(b.class("NSProcessInfo"), sel.processInfo)
	return Conditions{
		Thermal:  thermalName(int(b.msg(process, sel.thermalState))),
		LowPower: b.flag(process, sel.lowPower),
	}
}
