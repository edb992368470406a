package main

import (
	"archive/zip"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

const (
	libraryName = "lib/mlx.metallib"
	headerPath  = "include/" + kernelFolder

	// Far above what the wheel has: 150 MB and 0.1 MB.
	largestLibrary = 1 << 30
	largestHeader  = 8 << 20
	mostHeaders    = 4096
)

// unpack writes the library and the headers of its kernels below dir, and nothing
// else. What they are called is checked: a name never leads out of dir.
func unpack(wheel, dir string) error {
	z, err := zip.OpenReader(wheel)
	if err != nil {
		return fmt.Errorf("%s: %w", wheel, err)
	}
	defer z.Close()
	library, headers := false, 0
	for _, f := range z.File {
		name, ok := strings.CutPrefix(f.Name, "mlx/")
		most := int64(largestHeader)
		switch {
		case !ok || !f.Mode().IsRegular():
			continue
		case name == libraryName:
			library, most = true, largestLibrary
		case strings.HasPrefix(name, headerPath) && path.Ext(name) == ".h":
			if headers++; headers > mostHeaders {
				return fmt.Errorf("%s: has more than %d headers", wheel, mostHeaders)
			}
		default:
			continue
		}
		if !fs.ValidPath(name) {
			return fmt.Errorf("%s: has a file with the name %q", wheel, f.Name)
		}
		if err := extract(f, filepath.Join(dir, filepath.FromSlash(name)), most); err != nil {
			return fmt.Errorf("%s: %s: %w", wheel, f.Name, err)
		}
	}
	if !library || headers == 0 {
		return fmt.Errorf("%s: want mlx/%s and headers below mlx/%s in it", wheel, libraryName, headerPath)
	}
	return nil
}

// extract writes one file, and fails if it is larger than most bytes.
func extract(f *zip.File, to string, most int64) error {
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return err
	}
	in, err := f.Open()
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.Create(to)
	if err != nil {
		return err
	}
	defer out.Close()
	n, err := io.Copy(out, io.LimitReader(in, most+1))
	if err != nil {
		return err
	}
	if n > most {
		return fmt.Errorf("is larger than %d bytes", most)
	}
	return out.Close()
}
