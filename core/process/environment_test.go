package process

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestEnvironment(t *testing.T) {
	host := []string{
		"PATH=/bin", "HOME=/h", "EDITOR=vi", "HF_HOME=/hf", "HF_TOKEN=hf_abc", "GITHUB_TOKEN=ghp_x", "CUDA_API_KEY=k",
		"ASSAY_VAR_model=m", "ASSAY_LIFELINE_FD=3", "ASSAY_LOG_LEVEL=trace", "ASSAY_PLUGIN_COOKIE=c", "PLUGIN_CLIENT_CERT=x",
		"HOME=/last", "=odd", "nonsense",
	}
	for name, c := range map[string]struct {
		env     map[string]string
		inherit []string
		environ []string
		vars    []Var
	}{
		"what is allowed": {
			environ: []string{"HOME=/last", "PATH=/bin"},
			vars:    []Var{{"HOME", "/last", "allowed", false}, {"PATH", "/bin", "allowed", false}},
		},
		"inherited, secret, absent": {
			inherit: []string{"HF_HOME", "HF_TOKEN", "NOT_SET", "HOME"},
			environ: []string{"HF_HOME=/hf", "HF_TOKEN=hf_abc", "HOME=/last", "PATH=/bin"},
			vars: []Var{
				{"HF_HOME", "/hf", "inherited", false}, {"HF_TOKEN", "set", "inherited", true},
				{"HOME", "/last", "inherited", false}, {"PATH", "/bin", "allowed", false},
			},
		},
		"the experiment's come last": {
			env:     map[string]string{"PATH": "/venv/bin", "HF_HOME": "/mine", "EMPTY": "", "EXTRA": "--api-key=abc", "ASSAY_VAR_x": "1"},
			inherit: []string{"HF_HOME"},
			environ: []string{"ASSAY_VAR_x=1", "EMPTY=", "EXTRA=--api-key=abc", "HF_HOME=/mine", "HOME=/last", "PATH=/venv/bin"},
			vars: []Var{
				{"ASSAY_VAR_x", "1", "experiment", false}, {"EMPTY", "", "experiment", false}, {"EXTRA", "set", "experiment", true},
				{"HF_HOME", "/mine", "experiment", false}, {"HOME", "/last", "allowed", false}, {"PATH", "/venv/bin", "experiment", false},
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			environ, vars, err := Environment(host, c.env, c.inherit)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.environ, environ); diff != "" {
				t.Errorf("environment (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(c.vars, vars); diff != "" {
				t.Errorf("record (-want +got):\n%s", diff)
			}
		})
	}
}

func TestEnvironmentRefusesNames(t *testing.T) {
	for name, say := range map[string]string{
		"":                       "empty name",
		"A=B":                    `"A=B"`,
		"A\x00B":                 `"A\x00B"`,
		"ASSAY_LIFELINE_FD":      "ASSAY_LIFELINE_FD is set by assay",
		"ASSAY_LOG_LEVEL":        "ASSAY_LOG_LEVEL is set by assay",
		"ASSAY_PLUGIN_COOKIE":    "ASSAY_PLUGIN_COOKIE is set by assay",
		"PLUGIN_UNIX_SOCKET_DIR": "PLUGIN_UNIX_SOCKET_DIR is set by assay",
		"GOTRACEBACK":            "GOTRACEBACK is set by assay",
	} {
		if _, _, err := Environment(nil, map[string]string{name: "x"}, nil); err == nil || !strings.HasPrefix(err.Error(), "env: ") || !strings.Contains(err.Error(), say) {
			t.Errorf("env %q: error %v, want one with %q", name, err, say)
		}
		if _, _, err := Environment(nil, nil, []string{name}); err == nil || !strings.HasPrefix(err.Error(), "inherit: ") || !strings.Contains(err.Error(), say) {
			t.Errorf("inherit %q: error %v, want one with %q", name, err, say)
		}
	}
	if _, _, err := Environment(nil, map[string]string{"A": "x\x00y"}, nil); err == nil || !strings.Contains(err.Error(), "value of A") {
		t.Errorf("a NUL in a value: error %v", err)
	}
}

func TestSecretsAreNotRecorded(t *testing.T) {
	for entry, secret := range map[string]bool{
		"HF_TOKEN=x": true, "github_token=x": true, "AWS_SECRET_ACCESS_KEY=x": true, "AWS_ACCESS_KEY_ID=x": true,
		"DB_PASS=123456": true, "PGPASSWORD=x": true, "MYSQL_PWD=x": true, "SSH_AUTH_SOCK=/s": true, "DEPLOY_PRIV=x": true,
		"API_KEY_FILE=/k": true, "GOOGLE_CREDENTIALS=x": true, "APIKEY=1": true, "SESSION_COOKIE=x": true, "MY_TOKEN=12345678": true,
		"TOKENIZERS_PARALLELISM=false": false, "MAX_TOKENS=256": false, "GIT_AUTHOR_NAME=a": false, "NUM_PASSES=3": false,
		"PWD=/work": false, "OLDPWD=/": false, "KEYBOARD=us": false, "OMP_NUM_THREADS=2": false, "MLX_MAX_OPS_PER_BUFFER=8": false,
		"A=sk-proj-0123456789": true, "A=ghp_0123456789012345678901234567890123": true, "A=hf_abcdefghijklmnopqrst": true,
		"A=eyJhbGciOi.eyJzdWIiOi.c2ln": true, "A=-----BEGIN RSA PRIVATE KEY-----": true, "A=https://me:word@example.org/": true,
		"A=--api-key=x --port=1": true, "A=Authorization: Bearer abcdefghijklmn": true, "A=AKIAABCDEFGHIJKLMNOP": true,
		"A=https://example.org:80/x": false, "A=/models/task-specific-model": false, "A=hf_home": false, "A=--max-tokens=4": false, "A=": false,
	} {
		name, value, _ := strings.Cut(entry, "=")
		_, vars, err := Environment(nil, map[string]string{name: value}, nil)
		if err != nil || len(vars) != 1 {
			t.Fatalf("%s: %v, %v", entry, vars, err)
		}
		if vars[0].Secret != secret {
			t.Errorf("%s: secret %v, want %v", entry, vars[0].Secret, secret)
		}
		text, err := json.Marshal(vars[0])
		if err != nil {
			t.Fatal(err)
		}
		if want := `"value":"set"`; strings.Contains(string(text), want) != secret {
			t.Errorf("%s is recorded as %s", entry, text)
		}
	}
}
