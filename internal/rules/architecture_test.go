package rules

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The page that draws a value's way names files, and tests that fail if it breaks: all
// of them are there.
func TestArchitecture_namesWhatThereIs(t *testing.T) {
	text, err := os.ReadFile("../../docs/ARCHITECTURE.md")
	require.NoError(t, err)
	var tests strings.Builder
	require.NoError(t, filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		source, err := os.ReadFile(path)
		for _, line := range regexp.MustCompile(`(?m)^func (Test\w+)`).FindAllStringSubmatch(string(source), -1) {
			tests.WriteString(line[1] + "\n")
		}
		return err
	}))
	named := 0
	for _, test := range regexp.MustCompile(`\bTest\w+\*?`).FindAllString(string(text), -1) {
		if prefix, some := strings.CutSuffix(test, "*"); some {
			require.Contains(t, "\n"+tests.String(), "\n"+prefix, "some test of that name")
		} else {
			require.Contains(t, "\n"+tests.String(), "\n"+test+"\n")
		}
		named++
	}
	require.Greater(t, named, 15)
	for _, path := range regexp.MustCompile("`([a-z]+(/[a-z]+)*/[a-z_]+\\.go)`").FindAllStringSubmatch(string(text), -1) {
		require.FileExists(t, "../../"+path[1])
	}
}
