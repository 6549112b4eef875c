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
// of them are there, and each folder has a line.
func TestArchitecture_namesWhatThereIs(t *testing.T) {
	page, err := os.ReadFile("../../docs/ARCHITECTURE.md")
	require.NoError(t, err)
	text := string(page)

	tests := map[string]bool{} // as "package: TestName"
	require.NoError(t, filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		source, err := os.ReadFile(path)
		folder, _ := filepath.Rel("../..", filepath.Dir(path))
		for _, line := range regexp.MustCompile(`(?m)^func (Test\w+)`).FindAllStringSubmatch(string(source), -1) {
			tests[filepath.ToSlash(folder)+": "+line[1]] = true
		}
		return err
	}))
	named := regexp.MustCompile("`([a-z/]+: Test\\w+\\*?)`").FindAllStringSubmatch(text, -1)
	require.Greater(t, len(named), 15)
	require.Len(t, named, len(regexp.MustCompile(`\bTest\w`).FindAllString(text, -1)), "each test is named with its package")
	for _, test := range named {
		prefix, some := strings.CutSuffix(test[1], "*")
		found := tests[test[1]]
		for name := range tests {
			found = found || some && strings.HasPrefix(name, prefix)
		}
		require.True(t, found, test[1])
	}

	for _, path := range regexp.MustCompile("`([a-z]+(/[a-z]+)*/[a-z_]+\\.go)`").FindAllStringSubmatch(text, -1) {
		require.FileExists(t, "../../"+path[1])
	}
	folders, err := os.ReadDir("../..")
	require.NoError(t, err)
	for _, d := range folders {
		if d.IsDir() && !strings.HasPrefix(d.Name(), ".") && d.Name() != "docs" {
			require.Contains(t, text, "`"+d.Name()+"/", "a folder without a line in the table of rooms")
		}
	}
}
