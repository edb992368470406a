package job

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
)

// Signature is a person's word that a job may run.
type Signature struct {
	Key []byte `json:"key"` // public
	Sum []byte `json:"sum"`
}

const (
	privatePrefix = "assay-fleet-private-key "
	publicPrefix  = "assay-fleet-key "
)

// NewKey writes a private key to path, readable by its owner only, and the line that
// workers take to path.pub. It replaces nothing.
func NewKey(path, comment string) (line string, err error) {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return "", fmt.Errorf("key: %w", err)
	}
	line = publicPrefix + base64.StdEncoding.EncodeToString(public) + " " + comment
	if err := create(path, privatePrefix+base64.StdEncoding.EncodeToString(private.Seed())+"\n", 0o600); err != nil {
		return "", err
	}
	return line, create(path+".pub", line+"\n", 0o644)
}

func create(path, text string, mode os.FileMode) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("key %s: there is one already; name another file", path)
	}
	if err != nil {
		return fmt.Errorf("key: %w", err)
	}
	_, err = f.WriteString(text)
	return errors.Join(err, f.Close())
}

// ReadKey reads a private key, which nobody else may read.
func ReadKey(path string) (ed25519.PrivateKey, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("key: %w; `assay-fleet key FILE` makes one", err)
	}
	if info.Mode()&0o077 != 0 {
		return nil, fmt.Errorf("key %s: others can read it; run `chmod 600 %s`, or make a new one if they may have", path, path)
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("key: %w", err)
	}
	text, ok := strings.CutPrefix(strings.TrimSpace(string(b)), privatePrefix)
	seed, err := base64.StdEncoding.DecodeString(text)
	if !ok || err != nil || len(seed) != ed25519.SeedSize {
		return nil, fmt.Errorf("key %s: it is no private key of assay-fleet; `assay-fleet key FILE` makes one", path)
	}
	return ed25519.NewKeyFromSeed(seed), nil
}

// Keys are those whose jobs a worker runs, by their bytes; the value is the comment.
type Keys map[string]string

// ReadKeys reads a file of public keys, one a line.
func ReadKeys(path string) (Keys, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("keys: %w; it holds lines of FILE.pub, which `assay-fleet key FILE` makes", err)
	}
	keys := Keys{}
	for i, line := range strings.Split(string(b), "\n") {
		if line = strings.TrimSpace(line); line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		text, ok := strings.CutPrefix(line, publicPrefix)
		code, comment, _ := strings.Cut(text, " ")
		key, err := base64.StdEncoding.DecodeString(code)
		if !ok || err != nil || len(key) != ed25519.PublicKeySize {
			return nil, fmt.Errorf("keys %s:%d: it is no line of a FILE.pub that `assay-fleet key FILE` made", path, i+1)
		}
		keys[string(key)] = comment
	}
	if len(keys) == 0 {
		return nil, fmt.Errorf("keys %s: it holds none, so that no job would run", path)
	}
	return keys, nil
}

// Sign puts a person's word on the job.
func (j *Job) Sign(key ed25519.PrivateKey) error {
	d, err := j.digest()
	if err != nil {
		return err
	}
	public, _ := key.Public().(ed25519.PublicKey)
	j.Signature = &Signature{Key: public, Sum: ed25519.Sign(key, d)}
	return nil
}

// Check says whose word the job has, or why it has none that counts.
func (k Keys) Check(j *Job) (who string, err error) {
	if j.Signature == nil {
		return "", errors.New("it is not signed, and this worker runs what is signed by a key of its file alone; dispatch it with --key FILE")
	}
	who, known := k[string(j.Signature.Key)]
	if !known {
		return "", fmt.Errorf("it is signed by a key that this worker does not have (%s…); a person at the worker adds its line to the file of --keys, if what it signs may run there", base64.StdEncoding.EncodeToString(j.Signature.Key)[:12])
	}
	d, err := j.digest()
	if err != nil {
		return "", err
	}
	if !ed25519.Verify(j.Signature.Key, d, j.Signature.Sum) {
		return "", errors.New("its signature is of another job: something changed on the way; dispatch it again")
	}
	return who, nil
}
