package cpu

import (
	"runtime"

	"github.com/assay-bench/assay/metal"
)

func describe(d *device) metal.Info {
	name := modelName()
	if name == "" {
		name = runtime.GOARCH + " processor"
	}
	info := metal.Info{
		Kind: metal.CPU, Name: name, Family: runtime.GOARCH + "/" + d.tier.String(),
		Cores: d.pool.threads, Memory: totalMemory(), LastCache: lastCache(),
		Driver: runtime.Version(), OSBuild: osBuild(),
		Facts: map[string]string{"simd": d.tier.String()},
	}
	if policy := hugePages(); policy != "" {
		info.Facts["transparent_hugepage"] = policy
	}
	return info
}
