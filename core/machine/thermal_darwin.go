package machine

import (
	"github.com/ebitengine/purego"
	"github.com/ebitengine/purego/objc"
)

// processThermalState asks NSProcessInfo, which needs no privileges.
func processThermalState() string {
	if _, err := purego.Dlopen("/System/Library/Frameworks/Foundation.framework/Foundation", purego.RTLD_GLOBAL|purego.RTLD_LAZY); err != nil {
		return ""
	}
	class := objc.GetClass("NSProcessInfo")
	if class == 0 {
		return ""
	}
	info := objc.ID(class).Send(objc.RegisterName("processInfo"))
	return thermalName(objc.Send[int](info, objc.RegisterName("thermalState")))
}
