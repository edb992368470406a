package sdk_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/assay-bench/assay/core/proto/pluginv1"
	"github.com/assay-bench/assay/core/sdk"
	"github.com/assay-bench/assay/core/sdk/sdktest"
)

// divided panics where a host has not seen to min.
type divided struct {
	By    int      `assay:"by" default:"2" min:"1" max:"8"`
	Kind  string   `assay:"kind" default:"a" oneof:"a,b"`
	Parts []string `assay:"parts"`
}

func dividedPlugin() sdk.Plugin[divided] {
	return sdk.Plugin[divided]{
		Name: "divided", Version: "0.1.0", NoDevice: true, Phases: []sdk.Phase{{Name: "load", Unit: "call"}},
		Validate: func(c divided) []sdk.Diagnostic {
			if len(c.Parts)%c.By != 0 {
				return []sdk.Diagnostic{{Path: "by", Summary: "does not divide the parts"}}
			}
			return nil
		},
		Prepare: func(context.Context, sdk.Request[divided]) (*sdk.Prepared, error) { return nil, nil },
	}
}

// The host refuses what the schema does not allow, so that the plugin never sees it.
func TestTheHostRefusesWhatTheSchemaDoesNotAllow(t *testing.T) {
	h := sdktest.Start(t, dividedPlugin())
	for config, want := range map[string]string{
		`{"parts":[],"by":0}`:       `"by": 0 is below the least allowed value, 1`,
		`{"parts":[],"by":9}`:       `"by": 9 is above the greatest allowed value, 8`,
		`{"parts":[],"by":"two"}`:   `"by": `,
		`{"parts":[],"kind":"c"}`:   `"kind": "c" is not one of the allowed values: "a", "b"`,
		`{}`:                        `"parts" is required`,
		`{"parts":[],"kinds":"a"}`:  `kinds`,
		`{"parts":[1,{}],"by":1}`:   `"parts"`,
		`{"parts":[],"by":2`:        "configuration",
		`{"parts":["${a}"],"by":1}`: "",
	} {
		if said := h.Refusal(config); want == "" && said != "" || !strings.Contains(said, want) {
			t.Errorf("%s: the host says %q, want %q", config, said, want)
		}
	}
	if got := string(h.Canonical(`{"parts":["${a}"]}`)); got != `{"by":2,"kind":"a","parts":["${a}"]}` {
		t.Errorf("the host would send %s", got)
	}
}

// Whoever asks, by hand or as a foreign host, a wrong configuration is answered,
// and the process goes on.
func TestNoJSONEndsThePlugin(t *testing.T) {
	h := sdktest.Start(t, dividedPlugin())
	h.Open("cpu")
	for i, config := range []string{
		``, `{`, `null`, `[]`, `7`, `{}`, `{"by":null}`, `{"by":0,"kind":"a","parts":[]}`, `{"by":1e300,"kind":7,"parts":{}}`,
		`{"by":1,"kind":"a","parts":[null]}`, `{"by":-9223372036854775808,"kind":"zzz","parts":["x"],"more":{"a":[]}}`,
		`{"by":2,"kind":"a","parts":` + strings.Repeat("[", 10000) + `}`,
	} {
		r, err := h.Client.ValidateConfig(t.Context(), &pluginv1.ValidateConfigRequest{ConfigJson: []byte(config)})
		if err == nil && i != 9 && i != 10 && len(r.GetDiagnostics()) == 0 {
			t.Errorf("%.60s: neither refused nor a fault", config)
		}
		if err != nil && (status.Code(err) != codes.Internal || !strings.Contains(err.Error(), "validate: panic: ")) {
			t.Errorf("%.60s: %v", config, err)
		}
		stream, err := h.Client.PrepareCase(t.Context(), &pluginv1.PrepareCaseRequest{
			Handle: fmt.Sprint(i), ConfigJson: []byte(config), ConfigDigest: digest(config),
		})
		for err == nil {
			_, err = stream.Recv()
		}
	}
	if d := h.Validate(`{"parts":["a"]}`); len(d) != 1 || d[0].GetPath()[0].GetName() != "by" {
		t.Errorf("after all of them: %v", d)
	}
}
