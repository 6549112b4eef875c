package rules

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// root is the repository.
const root = "../.."

// module is what its import paths begin with.
const module = "treecast"

// source is one Go file of the repository.
type source struct {
	path  string // from the root, with slashes
	dir   string // of the package; "." for the root's
	lines int
	test  bool
	file  *ast.File
	set   *token.FileSet
}

// at is the place of a node, for messages.
func (s *source) at(n ast.Node) string {
	return s.path + ":" + strconv.Itoa(s.set.Position(n.Pos()).Line)
}

// inTestdata says whether a file belongs to a program for tests.
func (s *source) inTestdata() bool { return strings.Contains("/"+s.path, "/testdata/") }

// imports lists the packages of our own that a file imports, from the root.
func (s *source) imports(t *testing.T) []string {
	var out []string
	for _, spec := range s.file.Imports {
		name, err := strconv.Unquote(spec.Path.Value)
		require.NoError(t, err)
		if own, ok := strings.CutPrefix(name, module+"/"); ok {
			out = append(out, own)
		}
	}
	return out
}

// named returns the name under which a file knows a package; empty if it does
// not import it.
func (s *source) named(importPath string) string {
	for _, spec := range s.file.Imports {
		if spec.Path.Value != strconv.Quote(importPath) {
			continue
		}
		if spec.Name != nil {
			return spec.Name.Name
		}
		name := path.Base(importPath)
		if strings.HasPrefix(name, "v") && len(name) == 2 {
			name = path.Base(path.Dir(importPath))
		}
		return name
	}
	return ""
}

// uses calls found for every mention of a name of a package.
func (s *source) uses(importPath string, found func(name string, n ast.Node)) {
	local := s.named(importPath)
	if local == "" {
		return
	}
	ast.Inspect(s.file, func(n ast.Node) bool {
		if sel, ok := n.(*ast.SelectorExpr); ok {
			if x, ok := sel.X.(*ast.Ident); ok && x.Name == local {
				found(sel.Sel.Name, n)
			}
		}
		return true
	})
}

// sources reads every Go file there is.
func sources(t *testing.T) []*source {
	t.Helper()
	var out []*source
	err := filepath.WalkDir(root, func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			if base := entry.Name(); name != root && (strings.HasPrefix(base, ".") || base == "store") {
				return filepath.SkipDir
			}
			return nil
		}
		if filepath.Ext(name) != ".go" {
			return nil
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, name)
		if err != nil {
			return err
		}
		s := &source{
			path: filepath.ToSlash(rel), lines: strings.Count(string(text), "\n"),
			test: strings.HasSuffix(name, "_test.go"), set: token.NewFileSet(),
		}
		s.dir = path.Dir(s.path)
		s.file, err = parser.ParseFile(s.set, s.path, text, parser.ParseComments)
		if err != nil {
			return err
		}
		out = append(out, s)
		return nil
	})
	require.NoError(t, err)
	require.Greater(t, len(out), 100, "these are not all files of the repository")
	return out
}
