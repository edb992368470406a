package record

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// mlxFact is the fact of a device by which a process says which MLX it runs.
const mlxFact = "mlx_version"

// stateMLX makes what processes say of MLX the document's version: it is theirs that
// was measured, and not that of the machine's Python.
func (r *Result) stateMLX(version string) {
	if version == "" {
		return
	}
	stated := map[string]bool{}
	for i := range r.Cases {
		for _, round := range r.Cases[i].everyRound() {
			for k := range round.Processes {
				if v := round.Processes[k].Device.Facts[mlxFact]; v != "" {
					stated[v] = true
				}
			}
		}
	}
	if len(stated) < 2 {
		r.Metadata.MLXVersion, r.Metadata.MLXReason = &version, ""
		return
	}
	versions := slices.Sorted(maps.Keys(stated))
	r.Metadata.MLXVersion = nil
	r.Metadata.MLXReason = fmt.Sprintf("processes of this session run MLX %s: device.facts of each has its own", strings.Join(versions, " and "))
}
