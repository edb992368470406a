package record

import (
	"slices"

	"github.com/assay-bench/assay/core/stats"
)

// Metrics that the host takes of every plugin. A plugin's own metric of the same
// name wins.
const (
	peakDeviceBytes = "peak_device_bytes"
	peakHostBytes   = "peak_host_bytes"
	prepareTime     = "prepare_time"
	startTime       = "start_time"
)

// metric is what a round says of a metric of one variant.
func (x reader) metric(d *Round, variant string) []float64 {
	if values := d.reported(variant, x.g.Metric); len(values) > 0 || x.own {
		return values
	}
	switch x.g.Metric {
	case peakDeviceBytes:
		return d.peakDevice(variant)
	case peakHostBytes:
		return d.peakHost(variant)
	case prepareTime:
		return d.prepareTimes(variant)
	case startTime:
		return d.startTimes(variant)
	}
	return nil
}

// reports says that the plugin reports a metric of some variant.
func (c *Case) reports(metric string) bool {
	return slices.ContainsFunc(c.Rounds, func(d Round) bool {
		return slices.ContainsFunc(c.Variants, func(v Variant) bool { return len(d.reported(v.Name, metric)) > 0 })
	})
}

// reported are the values that the plugin gave, before, between and after the
// samples; of a round that let its samples go, those that any statistic rests on.
func (d *Round) reported(variant, name string) []float64 {
	return d.gather(variant, func(m string) bool { return m == name })[name]
}

// Metrics are the medians of what the plugin reported of a variant in this round.
func (d *Round) Metrics(variant string) map[string]float64 {
	out := map[string]float64{}
	for name, values := range d.gather(variant, func(string) bool { return true }) {
		out[name] = stats.Median(values)
	}
	return out
}

func (d *Round) gather(variant string, wanted func(string) bool) map[string][]float64 {
	out := map[string][]float64{}
	if d.Figures != nil {
		for name, values := range d.Figures.metrics[variant] {
			if wanted(name) {
				out[name] = values
			}
		}
		return out
	}
	add := func(m map[string]float64) {
		for name, v := range m {
			if wanted(name) {
				addMetrics(out, map[string]float64{name: v})
			}
		}
	}
	for _, p := range d.Prepared {
		if p.Variant == variant {
			add(p.Metrics)
		}
	}
	for i := range d.Visits {
		if v := &d.Visits[i]; v.Variant == variant && !v.Superseded {
			for _, m := range v.Samples.Metrics {
				add(m)
			}
		}
	}
	for _, p := range d.Released {
		if p.Variant == variant {
			add(p.Metrics)
		}
	}
	return out
}

// peakDevice is the most device memory that the plugin said the variant had,
// empty where it says nothing.
func (d *Round) peakDevice(variant string) []float64 {
	var most int64
	for i := range d.Visits {
		if v := &d.Visits[i]; v.Variant == variant && !v.Superseded {
			most = max(most, v.PeakBytes)
		}
	}
	for _, p := range d.Released {
		if p.Variant == variant {
			most = max(most, p.PeakBytes)
		}
	}
	return known(most)
}

// peakHost is the most memory that the variant's process tree had in a visit.
func (d *Round) peakHost(variant string) []float64 {
	var most int64
	for i := range d.Visits {
		if v := &d.Visits[i]; v.Variant == variant && !v.Superseded {
			most = max(most, v.Observed.TreeRSS)
		}
	}
	return known(most)
}

func known(bytes int64) []float64 {
	if bytes <= 0 {
		return nil
	}
	return []float64{float64(bytes)}
}

// prepareTimes are those of whole preparations in seconds, by the host's clock.
func (d *Round) prepareTimes(variant string) (out []float64) {
	for _, p := range d.Prepared {
		if p.Variant == variant && p.HostNs > 0 {
			out = append(out, float64(p.HostNs)/1e9)
		}
	}
	return out
}

// startTimes are those of the variant's processes in seconds, to an open device.
func (d *Round) startTimes(variant string) (out []float64) {
	for _, p := range d.Processes {
		if slices.Contains(p.Arms, variant) && p.StartupNs+p.OpenNs > 0 {
			out = append(out, float64(p.StartupNs+p.OpenNs)/1e9)
		}
	}
	return out
}
