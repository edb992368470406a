package moe

import (
	"fmt"
	"os"
	"regexp"
	"strings"

	"github.com/assay-bench/assay/metal/quant"
)

// hubID is how model hubs name models: owner/name.
var hubID = regexp.MustCompile(`^[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*$`)

// unknown says what a model's name is that is neither a preset nor a folder.
func unknown(model string) string {
	info, err := os.Stat(model)
	target, _ := os.Readlink(model)
	switch {
	case err != nil && target != "":
		return fmt.Sprintf("%q is a link to %q, which is not there", model, target)
	case strings.HasSuffix(strings.ToLower(model), ".gguf"):
		return fmt.Sprintf("%q is a GGUF file, and this plugin reads MLX folders: %s", model, quant.GGUFAdvice)
	case err == nil && !info.IsDir():
		return fmt.Sprintf("%q is a file: give the folder of an MLX model, which has config.json and *.safetensors", model)
	case hubID.MatchString(model):
		return fmt.Sprintf("%q is no folder here; if it is a model on a hub, `hf download %s --local-dir DIR` makes a folder of it, and model is DIR", model, model)
	}
	return fmt.Sprintf("%q is none of %s, nor a folder", model, strings.Join(Names(), ", "))
}
