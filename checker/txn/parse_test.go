package txn

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestParse_spellings(t *testing.T) {
	for text, want := range map[string][]Mop{
		`[]`:   {},
		`null`: nil,
		` [ [ "r" , 1 , [ 2 , 3 ] ] , ["append",1,4] ] `: {
			{Key: "1", List: []Value{"2", "3"}}, {F: Write, Key: "1", Value: "4"}},
		`[["r",1,null],["r",1,[]],["r",1,[null]]]`: {
			{Key: "1"}, {Key: "1", List: []Value{}}, {Key: "1", List: []Value{Null}}},
		`[["r","a,]\"b",[[1, 2],{"b":1,"a":[ ]},"é"]]]`: {
			{Key: `"a,]\"b"`, List: []Value{"[1,2]", `{"a":[],"b":1}`, `"é"`}}},
		`[["append",[1, 2],1.0]]`: {{F: Write, Key: "[1,2]", Value: "1.0"}},
	} {
		got, err := Parse(Lists, []byte(text))
		require.NoError(t, err, text)
		require.Equal(t, want, got, text)
	}
	got, err := Parse(Registers, []byte(`[["r",1,[2]],["w",1,null],["r",1,true]]`))
	require.NoError(t, err)
	require.Equal(t, []Mop{{Key: "1", Value: "[2]"}, {F: Write, Key: "1"}, {Key: "1", Value: "true"}}, got)
}

func TestParse_refusals(t *testing.T) {
	for text, want := range map[string]string{
		`[[`:                "JSON list",
		`7`:                 "a list of micro-operations",
		`[7]`:               "micro-operation 0: it is a list of",
		`[["r",1,null],[]]`: "micro-operation 1: it is a list of",
		`[["r"]]`:           "a function, a key and a value",
		`[["r",1]]`:         "a function, a key and a value",
		`[["r",1,null,2]]`:  "a function, a key and a value",
		`[["w",1,2]]`:       `unknown function "w", it is "r" or "append"`,
		`[["r",1,7]]`:       "read as a list or null",
		`[{"r":1}]`:         "it is a list of",
	} {
		_, err := Parse(Lists, []byte(text))
		require.ErrorContains(t, err, want, text)
	}
}

// FuzzParse holds Parse against encoding/json: it accepts the shapes that it
// documents and no others, and what it returns spells the same transaction.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		`[["r",1,[2,3]],["append",1,4]]`, `[["append","k",{"a":[1,"]"]}]]`, `null`, `[["r",1]]`, `[["r",[{}],null]]`, "[[\"r\",\"\\u00e9\",[\"\\\"\"]]]",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		for _, kind := range []Kind{Lists, Registers} {
			got, err := Parse(kind, text)
			var items [][]json.RawMessage
			ok := json.Unmarshal(text, &items) == nil
			for _, item := range items {
				ok = ok && wellFormed(kind, item)
			}
			require.Equal(t, ok, err == nil, "%v", err)
			if !ok {
				continue
			}
			spelled, err := json.Marshal(asJSON(kind, got))
			require.NoError(t, err)
			require.Equal(t, string(canonicalText(t, text)), string(canonicalText(t, spelled)))
		}
	})
}

func wellFormed(kind Kind, item []json.RawMessage) bool {
	var name string
	if len(item) != 3 || json.Unmarshal(item[0], &name) != nil || string(bytes.TrimSpace(item[0])) == "null" {
		return false
	}
	var list []json.RawMessage
	switch {
	case name == kind.write():
		return true
	case name != "r":
		return false
	}
	return kind == Registers || json.Unmarshal(item[2], &list) == nil
}

func asJSON(kind Kind, txn []Mop) any {
	if txn == nil {
		return nil
	}
	items := []any{}
	for _, m := range txn {
		name, value := "r", any(json.RawMessage(m.Value.String()))
		if m.F == Write {
			name = kind.write()
		} else if kind == Lists {
			value = nil
			if m.List != nil {
				list := []any{}
				for _, v := range m.List {
					list = append(list, json.RawMessage(v.String()))
				}
				value = list
			}
		}
		items = append(items, []any{name, json.RawMessage(m.Key.String()), value})
	}
	return items
}

func canonicalText(t *testing.T, text []byte) []byte {
	canonical, err := canonicalJSON(text)
	require.NoError(t, err)
	return canonical
}
