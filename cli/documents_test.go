package cli

import (
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
	"github.com/stretchr/testify/require"
)

// command is a command line that a page shows.
type command struct {
	page, text string
	block      bool // it stands on a line of its own, to be typed as it is
}

// pages are README, CONTRIBUTING, CHANGELOG, docs/ and results/.
func pages(t *testing.T) (out []string) {
	t.Helper()
	for _, pattern := range []string{"../*.md", "../docs/*.md", "../results/*.md"} {
		found, err := filepath.Glob(pattern)
		require.NoError(t, err)
		out = append(out, found...)
	}
	return out
}

func TestDocuments_linksLeadSomewhere(t *testing.T) {
	followed := 0
	for _, page := range pages(t) {
		data, err := os.ReadFile(page)
		require.NoError(t, err)
		for _, m := range regexp.MustCompile(`\]\(([^)#]+)[^)]*\)`).FindAllStringSubmatch(string(data), -1) {
			if !strings.Contains(m[1], "://") {
				_, err := os.Stat(filepath.Join(filepath.Dir(page), m[1]))
				require.NoError(t, err, page)
				followed++
			}
		}
	}
	require.Greater(t, followed, 50)
}

// documented are the commands that README, docs/ and results/ show, in code spans and
// on lines that stand four blanks in.
func documented(t *testing.T) (out []command) {
	t.Helper()
	begins := regexp.MustCompile(`^(treecast|go run|go test|go build|scripts/|make |\.ci/run)`)
	spans := regexp.MustCompile("`([^`]+)`")
	for _, page := range pages(t) {
		data, err := os.ReadFile(page)
		require.NoError(t, err)
		prose := ""
		joined := regexp.MustCompile(`\\\n *`).ReplaceAllString(string(data), "") // as a shell does
		for line := range strings.Lines(joined) {
			if text, ok := strings.CutPrefix(line, "    "); ok && begins.MatchString(text) {
				out = append(out, command{page, strings.TrimSpace(text), true})
			} else {
				prose += line
			}
		}
		for _, m := range spans.FindAllStringSubmatch(prose, -1) {
			if text := strings.Join(strings.Fields(m[1]), " "); begins.MatchString(text) {
				out = append(out, command{page, strings.ReplaceAll(text, `\|`, "|"), false})
			}
		}
	}
	require.Greater(t, len(out), 100)
	return out
}

// shellWords splits a command line as a shell does that knows single and double quotes.
func shellWords(text string) (out []string) {
	for _, m := range regexp.MustCompile(`(?:[^\s'"]|'[^']*'|"[^"]*")+`).FindAllString(text, -1) {
		if m == "|" || m == ">" || m == "&&" {
			break
		}
		out = append(out, strings.NewReplacer("'", "", `"`, "").Replace(m))
	}
	return out
}

// Every command that a page shows exists, with its flags.
func TestDocuments_showCommandsThatExist(t *testing.T) {
	seen := map[string]int{}
	for _, c := range documented(t) {
		args := shellWords(c.text)
		kind := args[0]
		switch {
		case kind == "treecast":
			requireFlags(t, c, args[1:])
		case kind == "go" && args[1] == "run":
			kind = "go run"
			if args[2] == "." {
				requireFlags(t, c, args[3:])
			} else {
				require.DirExists(t, filepath.Join("..", args[2]), c)
			}
		case kind == "go" && args[1] == "test":
			kind = "go test"
			requireTests(t, c, args[2:])
		case strings.HasPrefix(kind, "scripts/"):
			kind = "scripts"
			if !strings.HasSuffix(args[0], ".sh") { // a program that is gone is named as such
				require.Contains(t, c.page, "fuzzing-parsers", c)
				continue
			}
			script, err := os.ReadFile(filepath.Join("..", args[0]))
			require.NoError(t, err, c)
			for _, a := range args[1:] {
				if strings.HasPrefix(a, "--") {
					require.Contains(t, string(script), a, c)
				}
			}
		case kind == "make":
			makefile, err := os.ReadFile("../Makefile")
			require.NoError(t, err)
			require.Contains(t, string(makefile), "\n"+args[1]+":", c)
		case kind == ".ci/run":
			require.FileExists(t, "../.ci/run")
		}
		seen[kind]++
	}
	for _, kind := range []string{"treecast", "go run", "go test", "scripts", "make", ".ci/run"} {
		require.Positive(t, seen[kind], kind)
	}
}

// requireFlags wants every flag of a line of treecast's to be one, and the nodes'
// behind --; a line that stands for itself must parse as a whole.
func requireFlags(t *testing.T, c command, args []string) {
	t.Helper()
	bed, node := args, []string(nil)
	if i := slices.Index(args, "--"); i >= 0 {
		bed, node = args[:i], args[i+1:]
	}
	name := "node"
	if len(bed) > 0 && slices.Contains(bedCommands, bed[0]) {
		name = bed[0]
	}
	for _, part := range []struct {
		command string
		args    []string
	}{{name, bed}, {"node", node}} {
		known := []string{"help", "help-all", "version"}
		for _, f := range flagsOf(t, part.command) {
			known = append(known, f.Name)
		}
		for _, a := range part.args {
			if flag, is := strings.CutPrefix(a, "--"); is {
				flag, _, _ = strings.Cut(flag, "=")
				require.Contains(t, known, strings.TrimRight(flag, ",.;"), "%s: %s", c.page, c.text)
			}
		}
	}
	if c.block && !regexp.MustCompile(`\b[A-Z]+\b`).MatchString(c.text) {
		isNode := name == "node"
		line := newCommandLine(args, nil, isNode)
		_, err := newParser(&commands{}, kong.Writers(io.Discard, io.Discard), kong.Exit(func(int) {})).Parse(joinNegatives(line.args))
		require.NoError(t, err, "%s: %s", c.page, c.text)
	}
}

// requireTests wants the packages of a go test to be there, and tests or benchmarks
// that its patterns match.
func requireTests(t *testing.T, c command, args []string) {
	t.Helper()
	source := ""
	for _, a := range args {
		dir, isPath := strings.CutPrefix(a, "./")
		if !isPath || strings.HasSuffix(dir, "...") {
			continue
		}
		require.DirExists(t, filepath.Join("..", dir), c)
		files, err := filepath.Glob(filepath.Join("..", dir, "*_test.go"))
		require.NoError(t, err)
		for _, file := range files {
			data, err := os.ReadFile(file)
			require.NoError(t, err)
			source += string(data)
		}
	}
	for i, a := range args[:max(0, len(args)-1)] {
		kind := map[string]string{"-run": "Test|Fuzz", "-bench": "Benchmark", "-fuzz": "Fuzz"}[a]
		pattern := args[i+1]
		if kind == "" || pattern == "^$" || source == "" {
			continue
		}
		pattern, _, _ = strings.Cut(pattern, "/")
		if pattern == "." || pattern == "TestName" || strings.Trim(pattern, "xX") == "" { // xx: none
			continue
		}
		matches := regexp.MustCompile(pattern)
		found := false
		for _, f := range regexp.MustCompile(`(?m)^func ((?:`+kind+`)\w+)`).FindAllStringSubmatch(source, -1) {
			found = found || matches.MatchString(f[1])
		}
		require.True(t, found, "%s: %s: no %s matches %s", c.page, c.text, kind, pattern)
	}
}
