package cpu

// memory is what was mapped, data and its surroundings.
type memory struct {
	d             *device
	mapping, data []byte
}

func (m *memory) Bytes() []byte { return m.data }

func (m *memory) Write(offset int, data []byte) error {
	copy(m.data[offset:], data)
	return nil
}

func (m *memory) Read(offset int, data []byte) error {
	copy(data, m.data[offset:])
	return nil
}

func (m *memory) Free() {
	m.d.used -= int64(len(m.data))
	unmapMemory(m.mapping)
	m.mapping, m.data = nil, nil
}
