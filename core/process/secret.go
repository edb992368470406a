package process

import (
	"regexp"
	"strings"
)

// A variable is taken for a secret rather too often than too seldom: its value
// is then not in the document, which costs a reader a value and leaks nothing.

// secretParts of a name, in capitals, say that it holds a secret.
var secretParts = []string{"TOKEN", "SECRET", "PASS", "KEY", "CREDENTIAL", "CREDS", "AUTH", "PRIV", "COOKIE"}

// plainWords hold one of secretParts and are no secrets: TOKENIZERS_PARALLELISM,
// GIT_AUTHOR_NAME, NUM_PASSES.
var plainWords = map[string]bool{
	"TOKENIZER": true, "TOKENIZERS": true, "AUTHOR": true, "AUTHORS": true, "KEYBOARD": true, "KEYMAP": true,
	"BYPASS": true, "COMPASS": true, "PASSES": true, "PASSTHROUGH": true, "PRIVILEGED": true,
}

// fewDigits is the value of a variable such as MAX_TOKENS; no token is that short.
var fewDigits = regexp.MustCompile(`^[0-9]{1,7}$`)

// secretName says that a variable of this name holds a secret. The value only
// tells a number of tokens from a token; without it a name is taken for a secret.
func secretName(name, value string) bool {
	upper := strings.ToUpper(name)
	words := strings.FieldsFunc(upper, func(r rune) bool { return r == '_' || r == '-' || r == '.' })
	for _, word := range words {
		if plainWords[word] {
			continue
		}
		if word == "PWD" && len(words) > 1 { // MYSQL_PWD; PWD itself is a folder
			return true
		}
		for _, part := range secretParts {
			if strings.Contains(word, part) && (part != "TOKEN" || !fewDigits.MatchString(value)) {
				return true
			}
		}
	}
	return false
}

// secretForms are how known services write their keys, and how secrets stand
// in a URL or in arguments.
var secretForms = regexp.MustCompile(strings.Join([]string{
	`\bsk-[A-Za-z0-9_-]{8,}`,                               // OpenAI, Anthropic and others
	`\bgh[opsur]_[A-Za-z0-9]{20,}`, `\bgithub_pat_\w{20,}`, // GitHub
	`\bglpat-[\w-]{16,}`,                                      // GitLab
	`\bhf_[A-Za-z0-9]{16,}`,                                   // Hugging Face
	`\bxox[a-z]-[\w-]{10,}`,                                   // Slack
	`\b(AKIA|ASIA)[A-Z0-9]{16}\b`,                             // AWS
	`\bAIza[\w-]{30,}`,                                        // Google
	`\b(npm_|pypi-|nvapi-)[\w-]{16,}`,                         // registries, NVIDIA
	`\beyJ[\w-]{5,}\.[\w-]{5,}\.[\w-]*`,                       // JSON web token
	`-----BEGIN [A-Z ]+-----`,                                 // PEM
	`[a-z]://[^/\s@:]*:[^/\s@]+@`,                             // URL with a password
	`(?i)\b(bearer|basic)\s+[\w.~+/=-]{12,}`,                  // HTTP header
	`(?i)(password|passwd|secret|token|api[_-]?key)[=:]\s*\S`, // --api-key=…
}, "|"))

func secretValue(value string) bool { return secretForms.MatchString(value) }
