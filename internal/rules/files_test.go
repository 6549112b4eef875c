package rules

import (
	"go/ast"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// maxLines is how long a file may be: what can be read in one go.
const maxLines = 500

func TestFilesAreShortEnoughToRead(t *testing.T) {
	for _, s := range sources(t) {
		if !s.inTestdata() {
			require.LessOrEqual(t, s.lines, maxLines, "%s is two files", s.path)
		}
	}
}

func TestEveryPackageSaysWhatItIsFor(t *testing.T) {
	comments := map[string][]string{} // directory -> the files whose package comment it is
	packages := map[string]bool{}
	for _, s := range sources(t) {
		if s.test {
			require.Nil(t, s.file.Doc, "%s: a test's first comment is not about the package", s.path)
			continue
		}
		packages[s.dir] = true
		if s.file.Doc == nil {
			continue
		}
		comments[s.dir] = append(comments[s.dir], s.path)
		text := s.file.Doc.Text()
		want := "Package " + s.file.Name.Name + " "
		if s.file.Name.Name == "main" {
			want = "Command "
		}
		require.True(t, strings.HasPrefix(text, want), "%s: begin with %q", s.path, want)
		require.Greater(t, strings.Count(text, " "), 10, "%s: that says little", s.path)
	}
	for dir := range packages {
		require.Len(t, comments[dir], 1, "package %s has one comment, in one place", dir)
	}
}

func TestWhatIsThereForLinuxIsThereForMacOS(t *testing.T) {
	paths := map[string]bool{}
	for _, s := range sources(t) {
		paths[s.path] = true
	}
	for path := range paths {
		if base, ok := strings.CutSuffix(path, "_linux.go"); ok {
			require.True(t, paths[base+"_darwin.go"], "%s has no twin", path)
		}
	}
}

func TestNothingIsLeftForLater(t *testing.T) {
	later := regexp.MustCompile(`\b(TO[D]O|FIX[M]E|X[X]X|HA[C]K)\b`) // whoever looks for the words themselves does not find this
	for _, s := range sources(t) {
		for _, group := range s.file.Comments {
			require.NotRegexp(t, later, group.Text(), s.at(group))
		}
	}
}

func TestNoTestSleepsOrIsSkipped(t *testing.T) {
	seen := 0
	for _, s := range sources(t) {
		if !s.test {
			continue
		}
		seen++
		s.uses("time", func(name string, n ast.Node) {
			require.NotEqual(t, "Sleep", name, "%s: wait for what is to happen, or use virtual time", s.at(n))
		})
		ast.Inspect(s.file, func(n ast.Node) bool {
			if call, ok := n.(*ast.CallExpr); ok {
				if sel, ok := call.Fun.(*ast.SelectorExpr); ok {
					require.NotContains(t, []string{"Skip", "Skipf", "SkipNow"}, sel.Sel.Name, s.at(n))
				}
			}
			return true
		})
	}
	require.Positive(t, seen)
}
