package experiment

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// Program says which program a plan's nodes are: the path that was given for it,
// made absolute, and the SHA-256 of its content and of that of the source files
// among its arguments. The path is empty where no program was given, for treecast
// itself is where it was built; both are in virtual time.
func (p Plan) Program(given bool) (path, digest string, err error) {
	if p.Driver == Virtual {
		return "", "", nil
	}
	sum := sha256.New()
	args := (&plan{Plan: p}).locatedArgs()
	for i, file := range append([]string{p.Bin}, args...) {
		if info, err := os.Stat(file); i > 0 && (err != nil || !filepath.IsAbs(file) || !info.Mode().IsRegular()) {
			continue
		}
		if err := hashFile(sum, file); err != nil {
			return "", "", fmt.Errorf("reading the node's program: %w", err)
		}
	}
	if given {
		if path, err = filepath.Abs(p.Bin); err != nil {
			return "", "", fmt.Errorf("finding the node's program: %w", err)
		}
	}
	return path, hex.EncodeToString(sum.Sum(nil)), nil
}

func hashFile(to io.Writer, path string) error {
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	_, err = io.Copy(to, file)
	return err
}
