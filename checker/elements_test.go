package checker

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestValuesThatAreTheSameElement(t *testing.T) {
	for _, same := range [][]string{
		{"0", "-0", " 0 "},
		{"1.0", "1.00", "10e-1"},
		{"100.0", "1e2", "1E+2"},
		{"0.0", "-0.0", "0e5"},
		{`"a/b"`, `"a\/b"`, `"\u0061/b"`},
		{`{"a":1,"b":[2,3]}`, ` { "b" : [ 2 , 3 ] , "a" : 1 } `},
		{"123456789012345678901234567890", " 123456789012345678901234567890"},
		{"1e999", "1E999"},
	} {
		values := newElements()
		for _, text := range same {
			require.Equal(t, elementID(0), values.id([]byte(text)), text)
		}
	}
}

func TestValuesThatAreDifferentElements(t *testing.T) {
	texts := []string{
		"null", "false", "true", "-1", "0", "0.0", "1", "1.0", "4194303", "4194304", "999999999999999999",
		"123456789012345678901234567890", "123456789012345678901234567891", `""`, `"1"`, `"null"`,
		"[]", "[1]", "[1,1]", "[[1]]", "{}", `{"a":1}`, `{"a":[1]}`, "not json",
	}
	values := newElements()
	for want, text := range texts {
		require.Equal(t, elementID(want), values.id([]byte(text)), text)
		require.Equal(t, strings.TrimSpace(text), string(values.json(elementID(want))))
	}
	require.Equal(t, values.id([]byte("null")), values.id(nil))
}

func TestElementsAreOrderedByTypeThenByValue(t *testing.T) {
	sorted := []string{
		"null", "false", "true", "-100000000000000000000000", "-2", "-1.5", "0", "1", "1.0", "2", "10",
		"100000000000000000000000", `"1"`, `"a"`, "[1]", `{"a":1}`,
	}
	values := newElements()
	var ids []elementID
	for i := range sorted {
		ids = append(ids, values.id([]byte(sorted[len(sorted)-1-i])))
	}
	slices.SortFunc(ids, values.compare)
	var got []string
	for _, id := range ids {
		got = append(got, string(values.json(id)))
	}
	require.Equal(t, sorted, got)
}

func TestListsOfReads(t *testing.T) {
	for text, want := range map[string]string{
		`[]`:                                "",
		` [ ] `:                             "",
		`null`:                              "",
		``:                                  "",
		`[1,2,1]`:                           "1 2 1",
		` [ 1 , 2 ]`:                        "1 2",
		`[-1,01]`:                           "-1 01", // no JSON number, but still a value of its own
		`[1.5,"a,]",{"b":[1,2]},[],null,0]`: `1.5 "a,]" {"b":[1,2]} [] null 0`,
		`["\"",1234567890123456789012]`:     `"\"" 1234567890123456789012`,
	} {
		values := newElements()
		ids, ok := values.listIDs(nil, []byte(text))
		require.True(t, ok, text)
		var got []string
		for _, id := range ids {
			got = append(got, string(values.json(id)))
		}
		require.Equal(t, want, strings.Join(got, " "), text)
	}
	for _, text := range []string{`{"a":1}`, `7`, `"x"`, `[1`, `[1,`, `[`, `[1}`} {
		_, ok := newElements().listIDs(nil, []byte(text))
		require.False(t, ok, text)
	}
}

func TestIntegersAreInternedWhereverTheyLie(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		numbers := rapid.SliceOf(rapid.Int64Range(-1e18+1, 1e18-1)).Draw(t, "numbers")
		values := newElements()
		ids := make(map[int64]elementID)
		for _, n := range numbers {
			id := values.id([]byte(fmt.Sprint(n)))
			if want, ok := ids[n]; ok {
				require.Equal(t, want, id)
			}
			ids[n] = id
			require.Equal(t, fmt.Sprint(n), string(values.json(id)))
		}
		require.Equal(t, len(ids), len(values.all))
	})
}

// FuzzListIDs compares the list reader with the standard library's.
func FuzzListIDs(f *testing.F) {
	for _, seed := range []string{`[]`, `[1,2,3]`, `["a",{"b":[1]}]`, `[1.0,-0, 5 ]`, `null`, `{}`, `[[[]]]`, `["\\"]`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		values := newElements()
		ids, ok := values.listIDs(nil, text)
		var want []json.RawMessage
		if json.Unmarshal(text, &want) != nil {
			return // any answer will do, as long as there is one
		}
		require.True(t, ok)
		require.Len(t, ids, len(want))
		for i, value := range want {
			require.Equal(t, values.id(value), ids[i])
		}
	})
}

// FuzzCanonical checks that a canonical spelling is its own canonical spelling.
func FuzzCanonical(f *testing.F) {
	for _, seed := range []string{`0`, `-0.0`, `1e3`, `{"b":1,"a":"\u0000"}`, `[null,true]`, `"\ud800"`, `1e999`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		once := canonical(text)
		require.Equal(t, string(once), string(canonical(once)))
		if json.Valid(text) {
			require.True(t, json.Valid(once))
		}
	})
}
