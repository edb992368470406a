package record

import (
	"bytes"
	"encoding/json"
)

// Sample is one timed batch of iterations; times are of the whole batch.
type Sample struct {
	Seq        uint64             `json:"seq"`
	Iterations uint64             `json:"iterations"`
	WallNs     int64              `json:"wall_ns"`
	DeviceNs   int64              `json:"device_ns"`
	EncodeNs   int64              `json:"encode_ns"`
	HostNs     int64              `json:"host_ns,omitempty"` // the host's clock, from the ack before the sample to its arrival
	Metrics    map[string]float64 `json:"metrics,omitempty"`
}

// Samples are the samples of one visit, a column a field: a document holds many,
// and the names of the fields would take most of it. Metrics is empty where no
// sample has any.
type Samples struct {
	Seq        []uint64             `json:"seq,omitempty"`
	Iterations []uint64             `json:"iterations,omitempty"`
	WallNs     []int64              `json:"wall_ns,omitempty"`
	DeviceNs   []int64              `json:"device_ns,omitempty"`
	EncodeNs   []int64              `json:"encode_ns,omitempty"`
	HostNs     []int64              `json:"host_ns,omitempty"`
	Metrics    []map[string]float64 `json:"metrics,omitempty"`
}

// Len is how many samples there are that have all their fields.
func (s *Samples) Len() int {
	return min(len(s.Seq), len(s.Iterations), len(s.WallNs), len(s.DeviceNs), len(s.EncodeNs))
}

// At is the sample of that index, from 0.
func (s *Samples) At(i int) Sample {
	out := Sample{Seq: s.Seq[i], Iterations: s.Iterations[i], WallNs: s.WallNs[i], DeviceNs: s.DeviceNs[i], EncodeNs: s.EncodeNs[i]}
	if i < len(s.HostNs) {
		out.HostNs = s.HostNs[i]
	}
	if i < len(s.Metrics) {
		out.Metrics = s.Metrics[i]
	}
	return out
}

// Add appends a sample.
func (s *Samples) Add(x Sample) {
	if len(x.Metrics) > 0 {
		for len(s.Metrics) < len(s.Seq) {
			s.Metrics = append(s.Metrics, map[string]float64{})
		}
		s.Metrics = append(s.Metrics, x.Metrics)
	} else if len(s.Metrics) > 0 {
		s.Metrics = append(s.Metrics, map[string]float64{})
	}
	if x.HostNs > 0 || len(s.HostNs) > 0 {
		for len(s.HostNs) < len(s.Seq) {
			s.HostNs = append(s.HostNs, 0)
		}
		s.HostNs = append(s.HostNs, x.HostNs)
	}
	s.Seq, s.Iterations = append(s.Seq, x.Seq), append(s.Iterations, x.Iterations)
	s.WallNs, s.DeviceNs, s.EncodeNs = append(s.WallNs, x.WallNs), append(s.DeviceNs, x.DeviceNs), append(s.EncodeNs, x.EncodeNs)
}

// UnmarshalJSON also reads the list of samples that documents of schema 1 have.
func (s *Samples) UnmarshalJSON(b []byte) error {
	if b = bytes.TrimSpace(b); bytes.Equal(b, []byte("null")) {
		return nil
	}
	if len(b) > 0 && b[0] == '[' {
		var rows []Sample
		if err := strictly(b, &rows); err != nil {
			return err
		}
		*s = Samples{}
		for _, x := range rows {
			s.Add(x)
		}
		return nil
	}
	type columns Samples
	return strictly(b, (*columns)(s))
}

// strictly refuses fields that the type does not have.
func strictly(b []byte, to any) error {
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.DisallowUnknownFields()
	return dec.Decode(to)
}
