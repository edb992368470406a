package cli

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"regexp"
	"time"
)

// ask is a command of the scripts:
//
//	ask FILE PATH REGEXP
//
// It waits until the file, which assay serve prints to, names an address, and asks
// there for a path until the answer matches. It prints that.
func ask() {
	if err := askUntil(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "ask:", err)
		os.Exit(1)
	}
}

var address = regexp.MustCompile(`http://[0-9.:]+`)

func askUntil(args []string) error {
	if len(args) != 3 {
		return fmt.Errorf("usage: ask FILE PATH REGEXP")
	}
	want, err := regexp.Compile(args[2])
	if err != nil {
		return err
	}
	got := ""
	for late := time.Now().Add(disturbPatience); time.Now().Before(late); time.Sleep(50 * time.Millisecond) {
		text, err := os.ReadFile(args[0])
		url := address.Find(text)
		if err != nil || url == nil {
			continue
		}
		if got, err = get(string(url) + args[1]); err != nil {
			return err
		}
		if want.MatchString(got) {
			fmt.Println(got)
			return nil
		}
	}
	return fmt.Errorf("nothing that matches %q within %v; the last answer: %s", args[2], disturbPatience, got)
}

func get(url string) (string, error) {
	answer, err := http.Get(url) //nolint:gosec // of the server that the script started
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	return string(text), err
}
