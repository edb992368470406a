package quant

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"github.com/assay-bench/assay/metal/dtype"
	"github.com/assay-bench/assay/metal/regular"
	"github.com/assay-bench/assay/metal/tensorfile"
)

// Checkpoint is the folder of an MLX model: config.json and one or more
// *.safetensors. Tensors are read when asked for.
type Checkpoint struct {
	Config Config
	dir    string
	files  []*tensorfile.File
	where  map[string]*tensorfile.File // tensor name to its file
	usual  dtype.DType                 // of tensors of numbers
}

// OpenCheckpoint reads config.json and the headers of all tensor files, and holds
// the index against them, where there is one.
func OpenCheckpoint(dir string) (*Checkpoint, error) {
	c := &Checkpoint{dir: dir, where: map[string]*tensorfile.File{}}
	err := c.readConfig()
	if err == nil {
		err = c.openFiles()
	}
	if err == nil {
		c.usual = c.usualType()
		err = c.checkIndex()
	}
	if err != nil {
		return nil, fmt.Errorf("checkpoint %s: %w", dir, errors.Join(err, c.Close()))
	}
	return c, nil
}

func (c *Checkpoint) readConfig() error {
	data, err := regular.Read(filepath.Join(c.dir, "config.json"), mostConfig)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return errors.New(c.foreign())
		}
		return err
	}
	return c.Config.parse(data)
}

func (c *Checkpoint) glob(pattern string) []string {
	escaped := strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(c.dir)
	paths, _ := filepath.Glob(filepath.Join(escaped, pattern)) // the pattern is right
	return paths
}

// foreign says what a folder without config.json is.
func (c *Checkpoint) foreign() string {
	switch {
	case len(c.glob("*.gguf")) > 0:
		return "it holds GGUF files, not an MLX model: " + GGUFAdvice
	case len(c.glob("snapshots/*/config.json")) > 0:
		return "it is a model's folder of the hub's cache: give " + filepath.Dir(c.glob("snapshots/*/config.json")[0])
	}
	return "no config.json in it: give the folder of a downloaded MLX model"
}

// GGUFAdvice is the way from a GGUF file to a folder that can be read.
const GGUFAdvice = "mlx_lm.convert --hf-path ORIGINAL -q --mlx-path FOLDER makes an MLX folder of the original model's weights"

func (c *Checkpoint) openFiles() error {
	paths := c.glob("*.safetensors")
	if len(paths) == 0 {
		if len(c.glob("*.gguf")) > 0 {
			return errors.New(c.foreign())
		}
		return errors.New("no *.safetensors in it: give the folder of a downloaded MLX model")
	}
	for _, path := range paths {
		f, err := tensorfile.Open(path)
		if err != nil {
			return err
		}
		c.files = append(c.files, f)
		for _, name := range f.Names() {
			if other := c.where[name]; other != nil {
				return fmt.Errorf("tensor %s is in %s and in %s: remove the file that is not the model's",
					name, filepath.Base(other.Path()), filepath.Base(path))
			}
			c.where[name] = f
		}
	}
	return nil
}

// checkIndex reports a file or a tensor that the index names and that is not there.
func (c *Checkpoint) checkIndex() error {
	const name = "model.safetensors.index.json"
	data, err := regular.Read(filepath.Join(c.dir, name), mostConfig)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case depth(data) > mostDepth:
		return fmt.Errorf("%s: more than %d objects and lists stand in each other", name, mostDepth)
	}
	var index struct {
		Files map[string]string `json:"weight_map"`
	}
	if err := json.Unmarshal(data, &index); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	there := map[string]bool{}
	for _, f := range c.files {
		there[filepath.Base(f.Path())] = true
	}
	var files, tensors []string
	for tensor, file := range index.Files {
		switch {
		case !there[file]:
			files = append(files, file)
		case c.where[tensor] == nil:
			tensors = append(tensors, tensor)
		}
	}
	slices.Sort(files)
	files = slices.Compact(files)
	slices.Sort(tensors)
	switch {
	case len(files) > 0:
		return fmt.Errorf("%s names %s, which is not there: download the model's folder again", name, some(files))
	case len(tensors) > 0:
		return fmt.Errorf("%s names %s, which no file has: download the model's folder again", name, some(tensors))
	}
	return nil
}

// some names the first of a list, and how many others there are.
func some(names []string) string {
	if len(names) == 1 {
		return fmt.Sprintf("%.200q", names[0])
	}
	return fmt.Sprintf("%.200q and %d more", names[0], len(names)-1)
}

// Close closes the files.
func (c *Checkpoint) Close() error {
	var errs []error
	for _, f := range c.files {
		errs = append(errs, f.Close())
	}
	return errors.Join(errs...)
}

// Names lists all tensors, sorted.
func (c *Checkpoint) Names() []string {
	names := make([]string, 0, len(c.where))
	for name := range c.where {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// near is the name that shares the longest beginning.
func (c *Checkpoint) near(name string) string {
	best, length := "none", -1
	for _, other := range c.Names() {
		n := 0
		for n < len(name) && n < len(other) && name[n] == other[n] {
			n++
		}
		if n > length {
			best, length = other, n
		}
	}
	return best
}
