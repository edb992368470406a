package acks

import (
	"maps"
	"os"
	"path/filepath"
	"testing"
)

func TestRead(t *testing.T) {
	const list = `7 start 0 0 "h1"
7 start 2 6 "h1"
7 trial 1
7 trial 2
7 start 2 12 "h1"
8 start 3 6 "h9"
7 trial 3
7 start 1 600 "h1"
7 trial 4
7 start 0 0 "h2"
7 start 3 5 "h2"
8 visit a
7 visit b
7 visit b
7 start 2 5 "h1"
7 visit c
7 start 0 0 "h3"
7 start 2 5 "h3"
7 visit d
7 start 3 5 "h1"
7 visit e
7 start 0 0 "h4"
7 start 2 5 "h4"
7 trial 5
`
	path := filepath.Join(t.TempDir(), "acks")
	if err := os.WriteFile(path, []byte(list), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := Read(path)
	want := map[string]int{"visit a": 1, "visit b": 2, "visit c": 1, "visit d": 1, "visit e": 1}
	if err != nil || !maps.Equal(got, want) {
		t.Errorf("%v, %v, want %v", got, err, want)
	}
	if got, err := Read(filepath.Join(t.TempDir(), "none")); err != nil || len(got) != 0 {
		t.Errorf("without a list: %v, %v", got, err)
	}
}
