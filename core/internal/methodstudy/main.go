package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	trials := flag.Int("trials", 4000, "simulated sessions per machine, method and true loss")
	doc := flag.String("doc", "docs/method.md", "page whose tables are rewritten, with figures in img beside it; empty: print the tables only")
	flag.Parse()
	if err := run(*trials, *doc); err != nil {
		fmt.Fprintln(os.Stderr, "method study:", err)
		os.Exit(1)
	}
}

func run(trials int, doc string) error {
	if trials < 1 {
		return fmt.Errorf("trials: %d, want at least 1", trials)
	}
	r, err := study(trials)
	if err != nil {
		return err
	}
	tables, err := markdown(r)
	if err != nil {
		return err
	}
	if doc == "" {
		fmt.Print(tables)
		return nil
	}
	page, err := os.ReadFile(doc)
	if err != nil {
		return err
	}
	out, err := splice(string(page), tables)
	if err != nil {
		return fmt.Errorf("%s: %w", doc, err)
	}
	if err := os.WriteFile(doc, []byte(out), 0o644); err != nil {
		return err
	}
	return writeFigures(filepath.Join(filepath.Dir(doc), "img"), r)
}
