package scaffold

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// write puts files into a folder, which may have others: a repository that was
// just made is no obstacle, and no file of it is overwritten.
func write(folder string, files []file) (err error) {
	for _, f := range files {
		if name := filepath.Join(folder, filepath.FromSlash(f.path)); exists(name) {
			return fmt.Errorf("%s is there already: move it, or name another folder with -o FOLDER", name)
		}
	}
	var made []string // in the order in which it was made
	defer func() {
		if err == nil {
			return
		}
		for i := len(made) - 1; i >= 0; i-- { // a part would be in the way of the next try
			err = errors.Join(err, os.Remove(made[i]))
		}
	}()
	for _, f := range files {
		name := filepath.Join(folder, filepath.FromSlash(f.path))
		folders, err := makeFolders(filepath.Dir(name))
		if made = append(made, folders...); err != nil {
			return err
		}
		mode := fs.FileMode(0o644)
		if bytes.HasPrefix(f.text, []byte("#!")) {
			mode = 0o755
		}
		out, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
		if err != nil {
			return err
		}
		made = append(made, name)
		_, err = out.Write(f.text)
		if err = errors.Join(err, out.Close()); err != nil {
			return err
		}
	}
	return nil
}

// exists says that something has the name, if only a link to nowhere. What cannot
// be looked at cannot be written either, which says why.
func exists(name string) bool {
	_, err := os.Lstat(name)
	return err == nil
}

// makeFolders makes a folder and those above it, and says which were not there.
func makeFolders(name string) (made []string, err error) {
	parent := filepath.Dir(name)
	switch info, err := os.Stat(name); {
	case err == nil && info.IsDir():
		return nil, nil
	case err == nil:
		return nil, fmt.Errorf("%s is no folder: move it, or name another folder with -o FOLDER", name)
	case parent == name:
		return nil, err
	}
	if made, err = makeFolders(parent); err != nil {
		return made, err
	}
	if err := os.Mkdir(name, 0o755); err != nil {
		return made, err
	}
	return append(made, name), nil
}
