//go:build !linux

package main

import (
	"errors"
	"os/exec"
)

func onTerminal(*trial, *exec.Cmd) (func(), error) { return nil, errors.ErrUnsupported }
