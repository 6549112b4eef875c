package codec

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"treecast/gossip"
)

// What foreign or broken nodes may send as runs, and where each goes wrong.
func TestOddRunsAreRefusedWithThePlaceOfTheMistake(t *testing.T) {
	for run, near := range map[string]string{
		`{"o":"n1","l":"x","c":-1,"v":[1]}`:                        `"c":-1`,
		`{"o":"n1","l":"x","c":1.5,"v":[1]}`:                       `"c":1.5`,
		`{"o":"n1","l":"x","c":1e3,"v":[1]}`:                       `"c":1e3`,
		`{"o":"n1","l":"x","c":01,"v":[1]}`:                        `"c":01`,
		`{"o":"n1","l":"x","c":"1","v":[1]}`:                       `"c":`,
		`{"o":"n1","l":"x","c":null,"v":[1]}`:                      `"c":`,
		`{"o":"n1","l":"x","c":4611686018427387905,"v":[1]}`:       `7905`, // one beyond maxCounter
		`{"o":"n1","l":"x","c":18446744073709551617,"v":[1]}`:      `1617`, // 1, if it overflowed
		`{"o":"n1","l":"x","c":1` + strings.Repeat("0", 400) + `}`: `0`,
		`{"o":"n1","l":"x","c":[1,2],"v":[1]}`:                     `"c":[1`,
		`{"o":1,"l":"x","c":1,"v":[1]}`:                            `"o":1`,
		`{"o":"n1","l":{},"c":1,"v":[1]}`:                          `"l":{`,
		`{"o":"n1","l":"x","c":1,"v":"1"}`:                         `"v":"`,
		`{"o":"n1","l":"x","c":1,"v":[1,]}`:                        `[1,]`,
		`{"o":"n1","l":"x","c":1,"v":[1`:                           `[1`,
		`{"o":"n1","l":"x","c":1,"v":[01]}`:                        `[01]`,
		`{"o":"n1","l":"x","c":1,"v":[nul]}`:                       `[nul`,
		`{"o":"n1","l":"x","c"}`:                                   `"c"}`,
		`["n1","x",1,[1]]`:                                         `["n1"`,
		`[]`:                                                       `[]`,
		`null`:                                                     `null`,
		`"run"`:                                                    `"run"`,
	} {
		body := `{"type":"gossip","e":1,"b":1,"runs":[{"o":"n1","l":"x","c":1,"v":[1]},` + run + `]}`
		m, err := parseGossip([]byte(body))
		require.ErrorIs(t, err, ErrMessage, run)
		require.Nil(t, m, run)
		var at, of int
		_, scan := fmt.Sscanf(strings.TrimPrefix(err.Error(), ErrMessage.Error()), ": byte %d of %d, near ", &at, &of)
		require.NoError(t, scan, err.Error())
		require.Equal(t, len(body), of)
		from := strings.LastIndex(body, run)
		require.GreaterOrEqual(t, at, from-1, run)
		require.LessOrEqual(t, at, from+len(run)+2, run)
		require.Contains(t, strings.ReplaceAll(err.Error(), `\"`, `"`), near, run)
	}
}

func TestDecoder_refusesWhatIsNeitherTrueNorFalse(t *testing.T) {
	for _, field := range []string{"re", "la", "p", "w"} {
		for _, value := range []string{"1", `"true"`, "null", "[true]", "{}"} {
			_, err := parseGossip([]byte(`{"type":"gossip","e":1,"` + field + `":` + value + `}`))
			require.ErrorIs(t, err, ErrMessage, "%s %s", field, value)
		}
		for _, value := range []string{"true", "false"} {
			m, err := parseGossip([]byte(`{"type":"gossip","e":1,"` + field + `":` + value + `}`))
			require.NoError(t, err)
			require.Equal(t, value == "true", m.Resent || m.Late || m.Probe || m.Want)
		}
	}
}

// However a body that was one is broken, it is read or refused, and what is read
// can be handled.
func TestBrokenBodiesAreReadOrRefused(t *testing.T) {
	refused := 0
	rapid.Check(t, func(rt *rapid.T) {
		body := Append(nil, anyMessage.Draw(rt, "message"))
		for range rapid.IntRange(1, 4).Draw(rt, "breaks") {
			at := rapid.IntRange(0, len(body)-1).Draw(rt, "at")
			switch rapid.IntRange(0, 3).Draw(rt, "how") {
			case 0:
				body = body[:max(at, 1)]
			case 1:
				body = append(body[:at:at], body[at+1:]...)
			case 2:
				body[at] = rapid.SampledFrom([]byte(`"\{}[],:-.0919eE nt`)).Draw(rt, "byte")
			case 3:
				body = append(body[:at:at], append([]byte(rapid.SampledFrom([]string{`[`, `{}`, `9999999999`, `-`, `,`, `"v":[1],`, `null`}).Draw(rt, "text")), body[at:]...)...)
			}
			if len(body) == 0 {
				body = []byte(`{`)
			}
		}
		m, err := parseGossip(body)
		require.Equal(rt, err == nil, m != nil)
		if err != nil {
			refused++
			require.ErrorIs(rt, err, ErrMessage)
			require.Less(rt, len(err.Error()), 300, "however long the body is")
			return
		}
		exercise(t, m)
	})
	require.Positive(t, refused)
}

// The longest line that a node takes, full of the elements that take most room
// beside their text, costs no more memory than any other line.
func TestALineOfElementsTakesLittleMoreThanItself(t *testing.T) {
	const bytes = 16 << 20
	for _, c := range []struct{ open, element, end string }{
		{`{"runs":[`, `{}`, `]}`},
		{`{"runs":[`, `{"o":""}`, `]}`},
		{`{"runs":[`, `{"v":[1]}`, `]}`},
		{`{"runs":[{"v":[`, `1`, `]}]}`},
		{`{"a":[`, `[1,1]`, `]}`},
		{`{"z":[`, `""`, `]}`},
		{`{"vec":{"h":[`, `{}`, `]}}`},
		{`{"vec":{"h":[{"s":[`, `[1,1]`, `]}]}}`},
	} {
		text := func(n int) []byte {
			return []byte(c.open + strings.Repeat(c.element+",", n-1) + c.element + c.end)
		}
		most := maxElements
		if c.element == `{"v":[1]}` {
			most /= 2 // each is two
		}
		if strings.HasSuffix(c.open, `{"v":[`) || strings.HasSuffix(c.open, `{"s":[`) {
			most-- // so is what is around
		}
		m, err := parseGossip(text(most))
		require.NoError(t, err, "%s", c.element)
		require.NotNil(t, m)
		body := text(bytes / (len(c.element) + 1))
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		m, err = parseGossip(body)
		runtime.ReadMemStats(&after)
		require.ErrorContains(t, err, "more than 49152 elements", "%s", c.element)
		require.Nil(t, m)
		require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(bytes), "%s", c.element)
		m, err = parseGossip(text(most + 1))
		require.ErrorIs(t, err, ErrMessage)
		require.Nil(t, m)
	}
	require.Equal(t, 49152, gossip.MaxLineBytes)
}
