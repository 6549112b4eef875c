package codec

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"treecast/wire"
)

// protocolKeys reads the keys that the tables of docs/PROTOCOL.md list, by the
// section that a table stands in.
func protocolKeys(t *testing.T) map[string][]string {
	page, err := os.ReadFile("../../docs/PROTOCOL.md")
	require.NoError(t, err)
	keys := map[string][]string{}
	row := regexp.MustCompile("^\\| `([a-z]+)` \\|")
	section := ""
	for line := range strings.Lines(string(page)) {
		if name, ok := strings.CutPrefix(line, "## "); ok {
			section = strings.TrimSpace(name)
		}
		if key := row.FindStringSubmatch(line); key != nil {
			keys[section] = append(keys[section], key[1])
		}
	}
	return keys
}

// readKeys lists the keys that the decoder's functions tell apart, by function.
func readKeys(t *testing.T) map[string][]string {
	file, err := parser.ParseFile(token.NewFileSet(), "decode.go", nil, 0)
	require.NoError(t, err)
	keys := map[string][]string{}
	for _, d := range file.Decls {
		f, ok := d.(*ast.FuncDecl)
		if !ok {
			continue
		}
		ast.Inspect(f, func(n ast.Node) bool {
			if c, ok := n.(*ast.CaseClause); ok {
				for _, e := range c.List {
					if lit, ok := e.(*ast.BasicLit); ok && lit.Kind == token.STRING {
						key, err := strconv.Unquote(lit.Value)
						require.NoError(t, err)
						keys[f.Name.Name] = append(keys[f.Name.Name], key)
					}
				}
			}
			return true
		})
	}
	return keys
}

// Every key that is read stands in the page, and the page lists no other.
func TestProtocol_listsEveryKey(t *testing.T) {
	page, read := protocolKeys(t), readKeys(t)
	require.ElementsMatch(t, page["Keys of a message"], append([]string{"type"}, read["read"]...))
	require.ElementsMatch(t, page["Entries"], read["run"])
	require.ElementsMatch(t, page["Digests"], append(slices.Clone(read["vector"]), read["held"]...))
}

// Every key that is written is one that is read, and everything can be written.
func TestProtocol_everyKeyIsWritten(t *testing.T) {
	read := readKeys(t)
	fields := func(object []byte) (keys []string) {
		c := wire.NewCursor(object)
		for key := range c.Fields() {
			keys = append(keys, string(key))
			c.Value()
		}
		require.True(t, c.Done(), "%s", object)
		return keys
	}
	inside := func(object []byte, key string) []byte {
		value, ok := wire.Field(object, key)
		require.True(t, ok, key)
		return value
	}
	body := Append(nil, everything())
	require.ElementsMatch(t, append([]string{"type"}, read["read"]...), fields(body))
	first := func(list []byte) []byte {
		var elements []json.RawMessage
		wire.EachElement(list, func(e json.RawMessage) bool { elements = append(elements, e); return true })
		return elements[0]
	}
	require.ElementsMatch(t, read["run"], fields(first(inside(body, "runs"))))
	vector := inside(body, "vec")
	require.ElementsMatch(t, read["vector"], fields(vector))
	require.ElementsMatch(t, read["held"], fields(first(inside(vector, "h"))))
}

// The example of the page is a message, and says all that the page explains.
func TestProtocol_exampleIsRead(t *testing.T) {
	page, err := os.ReadFile("../../docs/PROTOCOL.md")
	require.NoError(t, err)
	_, example, _ := strings.Cut(string(page), "```json\n")
	example, _, _ = strings.Cut(example, "```")
	m, err := wire.Parse([]byte(strings.ReplaceAll(example, "\n", "")))
	require.NoError(t, err)
	require.Equal(t, Type, m.Type)
	back, err := NewDecoder(nil).Message(m.Body)
	require.NoError(t, err)
	want := everything()
	require.Equal(t, want, back)
}

// The keys that are kept for later are skipped, as any that are not known.
func TestProtocol_reservedKeysAreSkipped(t *testing.T) {
	read := readKeys(t)
	require.NotContains(t, read["read"], "st")
	require.NotContains(t, read["run"], "u")
	with := strings.Replace(everythingText, `"runs":[{`, `"st":[{"o":"n3","l":"k2x","s":[[1,4]]}],"runs":[{"u":1,`, 1)
	m, err := NewDecoder(nil).Message([]byte(with))
	require.NoError(t, err)
	require.Equal(t, everything(), m)
}
