package process

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/hashicorp/go-hclog"

	"github.com/assay-bench/assay/core/internal/visible"
)

const (
	lineBuffer   = 64 << 10 // longest line taken as one
	tailBytes    = 64 << 10 // of stderr, kept for the death report
	panicLines   = 64
	linesPerTick = 500 // logged lines per second; a flood must not drown the host
)

// gpuLine matches what device runtimes print when a command buffer dies. After
// one, nothing that the process measures can be trusted.
var gpuLine = regexp.MustCompile(`kIO(GPU|Accel)CommandBufferCallbackError(Hang|PageFault|SubmissionsIgnored|InnocentVictim|Timeout)`)

// crashLine matches the first line of what the Go runtime prints when it dies.
var crashLine = regexp.MustCompile(`^(panic: |fatal error: |SIG[A-Z]+: )`)

// output reads what a process prints: log lines go to the host's logger, the
// tail and the text of a crash are kept.
type output struct {
	log   hclog.Logger
	asked hclog.Level       // what the plugin was asked to log
	onGPU func(line string) // called at the first line of a device fault

	mu      sync.Mutex
	tail    []byte
	printed []byte // on stdout
	crash   []string
	gpu     string
	tick    time.Time
	ticked  int
	skipped int
}

// read reads lines until the end, however long they are. stderr says which
// stream it is.
func (o *output) read(from io.Reader, stderr bool) {
	r, ok := from.(*bufio.Reader)
	if !ok {
		r = bufio.NewReaderSize(from, lineBuffer)
	}
	for {
		line, err := r.ReadSlice('\n')
		if len(line) > 0 {
			o.line(line, stderr)
		}
		if err != nil && err != bufio.ErrBufferFull { //nolint:errorlint // ReadSlice returns it bare
			return
		}
	}
}

func (o *output) line(raw []byte, stderr bool) {
	text := strings.TrimRight(string(raw), "\r\n")
	if !stderr {
		o.keepPrinted(raw)
		o.emit(hclog.Debug, "stdout: "+text, nil)
		return
	}
	o.mu.Lock()
	o.keep(raw)
	if len(o.crash) > 0 || crashLine.MatchString(text) {
		if len(o.crash) < panicLines {
			o.crash = append(o.crash, text)
		}
		o.mu.Unlock()
		o.emit(hclog.Debug, text, nil) // the death report shows it
		return
	}
	fault := o.gpu == "" && gpuLine.MatchString(text)
	if fault {
		o.gpu = text
	}
	o.mu.Unlock()
	if fault && o.onGPU != nil {
		o.onGPU(text)
	}
	if level, message, args, ok := parseLog(raw); ok {
		o.emit(level, message, args)
		return
	}
	o.emit(hclog.Debug, text, nil)
}

// keep appends to the tail. Caller holds mu.
func (o *output) keep(raw []byte) {
	o.tail = append(o.tail, raw...)
	if len(o.tail) > 2*tailBytes {
		o.tail = append(o.tail[:0], o.tail[len(o.tail)-tailBytes:]...)
	}
}

// emit logs a line unless too many came within a second.
func (o *output) emit(level hclog.Level, message string, args []any) {
	if level < o.log.GetLevel() {
		return
	}
	o.mu.Lock()
	now := time.Now()
	skipped := 0
	if now.Sub(o.tick) > time.Second {
		skipped, o.skipped = o.skipped, 0
		o.tick, o.ticked = now, 0
	}
	o.ticked++
	over := o.ticked > linesPerTick
	if over {
		o.skipped++
	}
	o.mu.Unlock()
	if skipped > 0 {
		o.log.Warn("output of the plugin was too fast to show", "lines_skipped", skipped)
	}
	if !over {
		o.log.Log(level, visible.Line(message), args...)
	}
}

// report is what the death report needs.
func (o *output) report() (crash []string, tail, gpu string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	t := o.tail
	if len(t) > tailBytes {
		t = t[len(t)-tailBytes:]
	}
	return append([]string(nil), o.crash...), strings.ToValidUTF8(string(t), "?"), o.gpu
}

// parseLog reads one hclog JSON line, which any language can write: "@level"
// and "@message" are the log line, every other key is an argument.
func parseLog(raw []byte) (level hclog.Level, message string, args []any, ok bool) {
	if len(raw) == 0 || raw[0] != '{' {
		return 0, "", nil, false
	}
	var entry map[string]any
	if json.Unmarshal(raw, &entry) != nil {
		return 0, "", nil, false
	}
	message, ok = entry["@message"].(string)
	if !ok {
		return 0, "", nil, false
	}
	name, _ := entry["@level"].(string)
	level = hclog.LevelFromString(name)
	if level == hclog.NoLevel {
		level = hclog.Debug
	}
	for _, key := range sortedKeys(entry) {
		if !strings.HasPrefix(key, "@") {
			args = append(args, key, plain(entry[key]))
		}
	}
	return level, message, args, true
}

// plain keeps scalars and prints the rest.
func plain(v any) any {
	switch v.(type) {
	case string, bool, float64, nil:
		return v
	}
	return fmt.Sprint(v)
}
