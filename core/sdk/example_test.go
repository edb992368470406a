package sdk_test

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"slices"
	"time"

	"github.com/assay-bench/assay/core/proto/pluginv1"
	"github.com/assay-bench/assay/core/sdk"
	"github.com/assay-bench/assay/core/sdk/sdktest"
	"github.com/assay-bench/assay/core/sdk/search"
)

// hashing is the configuration of the examples' plugin.
type hashing struct {
	Size  int `assay:"size" help:"bytes of a message" default:"4096" min:"1"`
	Block int `assay:"block" help:"bytes given to the hash at once" default:"1024" min:"1"`
}

// hash is a plugin in plain Go: it times SHA-256, and needs no device.
func hash() sdk.Plugin[hashing] {
	return sdk.Plugin[hashing]{
		Name: "hash", Version: "0.1.0", Doc: "Times SHA-256.", NoDevice: true,
		Phases:  []sdk.Phase{{Name: "digest", Doc: "the digest of one message", Unit: "call"}},
		Metrics: []sdk.Metric{{Name: "blocks", Doc: "blocks of a message", Better: sdk.BetterLower, Exact: true}},
		Validate: func(cfg hashing) []sdk.Diagnostic {
			if cfg.Size%cfg.Block != 0 {
				return []sdk.Diagnostic{{
					Path: "block", Code: "bad_block", Summary: "a message is no whole number of blocks",
					Detail: fmt.Sprintf("%d is not a multiple of %d", cfg.Size, cfg.Block),
				}}
			}
			return nil
		},
		Prepare: prepareHash,
	}
}

func prepareHash(_ context.Context, req sdk.Request[hashing]) (*sdk.Prepared, error) {
	size, copies := req.Config.Size, req.Copies(int64(req.Config.Size))
	messages, next := make([]byte, copies*size), 0
	rng := req.RNG("messages")
	for i := range messages {
		messages[i] = byte(rng.Uint32())
	}
	message := func(i int) []byte { return messages[i*size : (i+1)*size] }
	h := sha256.New()
	var digest [sha256.Size]byte
	timed := sdk.Timed{
		Units: 1, Bytes: int64(size), Rotation: copies,
		Run: func(_ context.Context, n int) error {
			for range n {
				h.Reset()
				for block := range slices.Chunk(message(next), req.Config.Block) {
					h.Write(block)
				}
				h.Sum(digest[:0])
				next = (next + 1) % copies
			}
			return nil
		},
		Verify: func(_ context.Context, i int) ([]sdk.Check, map[string]float64, error) {
			wrong := 0.0
			if digest != sha256.Sum256(message(i)) {
				wrong = 1
			}
			return []sdk.Check{sdk.Below("wrong", wrong, 0)}, nil, nil
		},
		Spoil: func() error { clear(digest[:]); return nil },
	}
	return &sdk.Prepared{
		Phases:  map[string]sdk.Timed{"digest": timed},
		Metrics: map[string]float64{"blocks": float64(size / req.Config.Block)},
	}, nil
}

// The main function of a plugin is one call. By hand, "describe" shows what the host
// is told.
func ExampleServe() {
	os.Args = []string{"assay-plugin-hash", "describe"}
	sdk.Serve(hash())
	// Output:
	// {
	//   "name": "hash",
	//   "version": "0.1.0",
	//   "sdkVersion": "0.2.0",
	//   "config": {
	//     "attributes": [
	//       {
	//         "name": "size",
	//         "type": "number",
	//         "description": "bytes of a message",
	//         "defaultJson": "4096",
	//         "integer": true,
	//         "min": 1
	//       },
	//       {
	//         "name": "block",
	//         "type": "number",
	//         "description": "bytes given to the hash at once",
	//         "defaultJson": "1024",
	//         "integer": true,
	//         "min": 1
	//       }
	//     ]
	//   },
	//   "phases": [
	//     {
	//       "name": "digest",
	//       "description": "the digest of one message",
	//       "unit": "call"
	//     }
	//   ],
	//   "metrics": [
	//     {
	//       "name": "blocks",
	//       "description": "blocks of a message",
	//       "better": "BETTER_LOWER",
	//       "exact": true
	//     }
	//   ],
	//   "markdown": "Times SHA-256.",
	//   "devices": [
	//     "cpu"
	//   ]
	// }
}

// A configuration is prepared, timed and checked before and after, as a host does it.
func ExamplePlugin() {
	example(func(t *test) {
		r := sdktest.Run(t, hash(), `{"size": 8192}`)
		fmt.Println(len(r.Samples["digest"]), "samples,", r.Metrics["blocks"], "blocks")
		for _, c := range r.Checks {
			fmt.Println(c.GetName(), c.GetPassed())
		}
	})
	// Output:
	// 3 samples, 8 blocks
	// digest wrong true
	// digest wrong true
}

// Validate says what the schema cannot, and where.
func ExamplePlugin_validate() {
	example(func(t *test) {
		for _, d := range sdktest.Start(t, hash()).Validate(`{"size": 100, "block": 64}`) {
			fmt.Printf("%s: %s: %s\n", d.GetPath()[0].GetName(), d.GetSummary(), d.GetDetail())
		}
	})
	// Output: block: a message is no whole number of blocks: 100 is not a multiple of 64
}

// Declare names phases and metrics that only a configuration knows.
func ExamplePlugin_declare() {
	type config struct {
		Files []string `assay:"files" help:"a phase each"`
	}
	p := sdk.Plugin[config]{
		Name: "files", Version: "0.1.0", NoDevice: true,
		Declare: func(cfg config) (phases []sdk.Phase, metrics []sdk.Metric) {
			for _, name := range cfg.Files {
				phases = append(phases, sdk.Phase{Name: name, Unit: "call"})
			}
			return phases, nil
		},
		Prepare: func(_ context.Context, req sdk.Request[config]) (*sdk.Prepared, error) {
			p := &sdk.Prepared{Phases: map[string]sdk.Timed{}}
			for _, name := range req.Phases {
				p.Phases[name] = sdk.Timed{Units: 1, Run: func(context.Context, int) error { return nil }}
			}
			return p, nil
		},
	}
	example(func(t *test) {
		for _, phase := range sdktest.Start(t, p).Declared(`{"files": ["small", "large"]}`).GetPhases() {
			fmt.Println(phase.GetName())
		}
	})
	// Output:
	// small
	// large
}

// Outputs are spoiled before timing, so that a path that leaves the work out is
// found.
func ExampleTimed_verify() {
	lazy := hash()
	lazy.Prepare = func(ctx context.Context, req sdk.Request[hashing]) (*sdk.Prepared, error) {
		p, err := prepareHash(ctx, req)
		timed, ran := p.Phases["digest"], 0
		run := timed.Run
		timed.Run = func(ctx context.Context, n int) error {
			if ran += n; ran > n {
				return nil // the digest is there already
			}
			return run(ctx, n)
		}
		p.Phases["digest"] = timed
		return p, err
	}
	example(func(t *test) { sdktest.Run(t, lazy, `{}`) })
	// Output: sdktest: check digest wrong failed: 1, limit 0
}

// Times of one's own are held against the SDK's clock.
func ExampleTimed_ownTimes() {
	p := hash()
	p.Prepare = func(context.Context, sdk.Request[hashing]) (*sdk.Prepared, error) {
		return &sdk.Prepared{Phases: map[string]sdk.Timed{"digest": {
			Units: 1,
			OwnTimes: func(_ context.Context, n int) (sdk.Times, error) {
				return sdk.Times{Wall: time.Second, Device: 3 * time.Second}, nil
			},
		}}}, nil
	}
	example(func(t *test) { sdktest.Run(t, p, `{}`) })
	// Output: sdktest: measure digest: rpc error: code = Internal desc = digest, 1 iterations: a device time of 3s is longer than the wall time of 1s that contains it
}

// Propose asks for more configurations, or says what was found.
func ExamplePlugin_propose() {
	p := hash()
	p.Propose = func(_ context.Context, in search.Results[hashing]) (search.Proposal[hashing], error) {
		last := in.Results[len(in.Results)-1]
		if next := last.Config; next.Block < 64 {
			next.Block *= 2
			return search.Proposal[hashing]{Next: []search.Next[hashing]{{Name: fmt.Sprint("block-", next.Block), Config: next, Why: "twice as large"}}}, nil
		}
		return search.Proposal[hashing]{Findings: []search.Finding{{Kind: "knee", Summary: "64 is the largest", Certainty: search.Shown}}}, nil
	}
	example(func(t *test) {
		h := sdktest.Start(t, p)
		for _, block := range []string{"32", "64"} {
			r := h.Propose(&pluginv1.ProposeRequest{Results: []*pluginv1.Result{{
				Name: "start", Baseline: true, ChecksPassed: true, ConfigJson: h.Canonical(`{"block": ` + block + `}`),
			}}})
			for _, n := range r.GetProposals() {
				fmt.Println("next:", n.GetName(), string(n.GetConfigJson()))
			}
			for _, f := range r.GetFindings() {
				fmt.Println("found:", f.GetSummary())
			}
		}
	})
	// Output:
	// next: block-64 {"block":64,"size":4096}
	// found: 64 is the largest
}

// A tool is a command of the plugin, beside measuring: assay hash name FILE.
func ExampleTool() {
	p := hash()
	p.Tools = []sdk.Tool{{Name: "name", Doc: "FILE: prints the digest's name", Run: func(args []string, out io.Writer) error {
		_, err := fmt.Fprintln(out, "sha256 of", args[0])
		return err
	}}}
	os.Args = []string{"assay-plugin-hash", "tool", "name", "a.txt"}
	sdk.Serve(p)
	// Output: sha256 of a.txt
}

func ExampleBelow() {
	fmt.Println(sdk.Below("rel_err", 1e-4, 1e-3).Passed, sdk.Below("rel_err", 1e-2, 1e-3).Passed)
	// Output: true false
}
