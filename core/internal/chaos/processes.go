package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// marker is a variable that every process of a trial has, with the trial's folder.
const marker = "ASSAY_CHAOS_TRIAL"

// running lists the trial's processes that have not ended.
func (t *trial) running() (out []int) {
	entry := []byte(marker + "=" + t.dir)
	found, _ := filepath.Glob("/proc/[0-9]*/environ")
	for _, path := range found {
		b, err := os.ReadFile(path)
		if err != nil || !bytes.Contains(append(b, 0), append(entry, 0)) {
			continue
		}
		if pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path))); err == nil {
			out = append(out, pid)
		}
	}
	return out
}

func commandLine(pid int) string {
	b, _ := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "cmdline"))
	return strings.ReplaceAll(string(b), "\x00", " ")
}

func end(pid int) { _ = syscall.Kill(pid, syscall.SIGKILL) }

// pluginPIDs lists the trial's plugin processes, without the hosts.
func (t *trial) pluginPIDs() (out []int) {
	for _, pid := range t.running() {
		if strings.Contains(commandLine(pid), "assay-plugin-hostile") {
			out = append(out, pid)
		}
	}
	return out
}
