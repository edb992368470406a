package release

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"github.com/jedisct1/go-minisign"

	"github.com/assay-bench/assay/core/source"
)

const (
	sumsFile      = "SHA256SUMS"
	signatureFile = sumsFile + ".minisig"
	maxSums       = 1 << 20
	maxArchive    = 1 << 30
)

// Release is one version of a plugin, whose sums were read.
type Release struct {
	Name, Version string
	Archives      map[string]Sum // by platform, "linux_amd64"
	Signed        bool           // by the key that was given

	place Place
	sums  []byte
}

// Sum is an archive and its hex digest.
type Sum struct{ File, SHA256 string }

// Open reads what a version of the plugin name consists of. With a minisign
// public key, the sums must be signed with it.
func Open(ctx context.Context, p Place, name, version, key string) (*Release, error) {
	r := &Release{Name: name, Version: version, Archives: map[string]Sum{}, place: p}
	sums, err := r.read(ctx, sumsFile)
	r.sums = sums
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s has no %s, and nothing says what its archives are: its author makes one by `sha256sum *.tar.gz >%s`", p.where(version), sumsFile, sumsFile)
	}
	if err != nil {
		return nil, err
	}
	if key != "" {
		if err := r.verify(ctx, sums, key); err != nil {
			return nil, err
		}
	}
	return r, r.parse(sums)
}

func (r *Release) read(ctx context.Context, file string) ([]byte, error) {
	in, err := r.place.open(ctx, r.Version, file)
	if err != nil {
		return nil, err
	}
	defer in.Close() //nolint:errcheck // read only
	b, err := io.ReadAll(io.LimitReader(in, maxSums+1))
	if err == nil && len(b) > maxSums {
		err = fmt.Errorf("%s: %s has more than %d bytes", r.place.where(r.Version), file, maxSums)
	}
	return b, err
}

func (r *Release) verify(ctx context.Context, sums []byte, key string) error {
	public, err := minisign.NewPublicKey(key)
	if err != nil {
		return fmt.Errorf("public_key %q: it is no minisign public key: %w", key, err)
	}
	text, err := r.read(ctx, signatureFile)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s has no %s, and public_key says that it is signed: ask its author, or take public_key away", r.place.where(r.Version), signatureFile)
	}
	if err != nil {
		return err
	}
	signature, err := minisign.DecodeSignature(string(text))
	if err == nil {
		_, err = public.Verify(sums, signature)
	}
	if err != nil {
		return fmt.Errorf("%s: %s is not signed with the public_key %s: %s; whoever made this release does not have the author's key: ask the author", r.place.where(r.Version), sumsFile, key, strings.ToLower(err.Error()))
	}
	r.Signed = true
	return nil
}

// parse reads lines "HEX  FILE". Files that are no archive of this version are
// somebody else's.
func (r *Release) parse(sums []byte) error {
	where := r.place.where(r.Version)
	for lines := bufio.NewScanner(bytes.NewReader(sums)); lines.Scan(); {
		line := strings.TrimRight(lines.Text(), " \r")
		if line == "" {
			continue
		}
		sum, file, ok := strings.Cut(line, " ")
		file = strings.TrimPrefix(strings.TrimPrefix(strings.TrimPrefix(file, " "), "*"), "./")
		if raw, err := hex.DecodeString(sum); !ok || err != nil || len(raw) != sha256.Size {
			return fmt.Errorf("%s: %s: the line %q is not SHA256  FILE", where, sumsFile, line)
		}
		name, version, platform, ok := source.ArchiveName(file)
		if !ok || name != r.Name || version != r.Version {
			continue
		}
		if other, twice := r.Archives[platform]; twice {
			return fmt.Errorf("%s: %s has two archives for %s: %s and %s", where, sumsFile, platform, other.File, file)
		}
		r.Archives[platform] = Sum{file, strings.ToLower(sum)}
	}
	if len(r.Archives) == 0 {
		return fmt.Errorf("%s: %s has no sum of an archive %s%s_v%s_OS_ARCH.tar.gz or .zip", where, sumsFile, source.Prefix, r.Name, r.Version)
	}
	return nil
}

// Hashes are the archives' digests as a lock file has them, sorted.
func (r *Release) Hashes() []string {
	var out []string
	for _, platform := range r.Platforms() {
		out = append(out, platform+":sha256:"+r.Archives[platform].SHA256)
	}
	return out
}

// Platforms that the release has archives for, sorted.
func (r *Release) Platforms() []string { return slices.Sorted(maps.Keys(r.Archives)) }

// archive is that of a platform.
func (r *Release) archive(platform string) (Sum, error) {
	sum, ok := r.Archives[platform]
	if !ok {
		return sum, fmt.Errorf("%s has no archive for %s, only for %s: require a version that has one", r.place.where(r.Version), platform, strings.Join(r.Platforms(), ", "))
	}
	return sum, nil
}

// Download writes the archive for a platform, and says whether it is the one of
// the release only once all of it is written.
func (r *Release) Download(ctx context.Context, platform string, to io.Writer) error {
	where := r.place.where(r.Version)
	sum, err := r.archive(platform)
	if err != nil {
		return err
	}
	in, err := r.place.open(ctx, r.Version, sum.File)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s lacks %s, which its %s names: its upload may not have ended; try again later", where, sum.File, sumsFile)
	}
	if err != nil {
		return err
	}
	defer in.Close() //nolint:errcheck // read only
	h := sha256.New()
	n, err := io.Copy(io.MultiWriter(to, h), io.LimitReader(in, maxArchive+1))
	if err != nil {
		return fmt.Errorf("archive %s: %w", sum.File, err)
	}
	if n > maxArchive {
		return fmt.Errorf("archive %s: it has more than %d bytes", sum.File, int64(maxArchive))
	}
	if got := hex.EncodeToString(h.Sum(nil)); got != sum.SHA256 {
		return fmt.Errorf("archive %s: its sha256 is %s…, %s of %s says %s…: it was damaged or exchanged, and was not unpacked; try again, and tell the author if it stays so", sum.File, got[:16], sumsFile, where, sum.SHA256[:16])
	}
	return nil
}
