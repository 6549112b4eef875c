package wire

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// walk goes through a whole text with a cursor and spells what it finds as
// encoding/json does.
func walk(c *Cursor, text []byte) string {
	if c.Failed() {
		return ""
	}
	switch text[c.Offset()] {
	case '{':
		var out []string
		for key := range c.Fields() {
			name, _ := json.Marshal(string(key))
			out = append(out, string(name)+":"+walk(c, text))
		}
		return "{" + strings.Join(out, ",") + "}"
	case '[':
		var out []string
		for range c.Elements() {
			out = append(out, walk(c, text))
		}
		return "[" + strings.Join(out, ",") + "]"
	case '"':
		value, _ := json.Marshal(string(c.Text()))
		return string(value)
	default:
		return string(c.Value())
	}
}

func TestACursorComesToEverything(t *testing.T) {
	text := []byte(" {\"a\" : [ 1 , -2.5e3,\"x\\n\\u00e9\" ,[] , {} ], \"\" :{\"b\":null , \"a\":true},\"n\":18 } ")
	c := NewCursor(text)
	require.Equal(t, `{"a":[1,-2.5e3,"x\né",[],{}],"":{"b":null,"a":true},"n":18}`, walk(&c, text))
	require.True(t, c.Done())
}

func TestWhatIsNotReadIsPassedOver(t *testing.T) {
	c := NewCursor([]byte(`{"a":[1,{"b":2}],"n":[3,4,5],"z":"}"}`))
	var n []uint64
	for key := range c.Fields() {
		if string(key) != "n" {
			continue
		}
		first := true
		for range c.Elements() {
			if !first {
				n = append(n, c.Uint())
			}
			first = false
		}
	}
	require.True(t, c.Done())
	require.Equal(t, []uint64{4, 5}, n)
}

func TestALoopThatIsLeftFailsTheCursor(t *testing.T) {
	c := NewCursor([]byte(`[[1,2],3]`))
	for range c.Elements() {
		for range c.Elements() {
			break
		}
	}
	require.True(t, c.Failed())
	require.False(t, c.Done())
	require.Zero(t, c.Uint())
	require.Nil(t, c.Value())
	require.Nil(t, c.Text())
	require.False(t, c.IsTrue())
	require.Negative(t, c.Offset())
	for range c.Fields() {
		t.Fatal("there is nothing to be found any more")
	}
}

func TestACursorReadsWholeNumbersOnly(t *testing.T) {
	for text, want := range map[string]uint64{
		"0": 0, "-0": 0, "7": 7, " 12 ": 12, "999999999999999999": 999999999999999999,
		"1000000000000000000": 1000000000000000000, "9223372036854775807": math.MaxInt64,
	} {
		c := NewCursor([]byte(text))
		require.Equal(t, want, c.Uint(), text)
		require.True(t, c.Done(), text)
	}
	for _, text := range []string{
		"", "-", "-1", "01", "1.0", "1e2", "1E2", "9223372036854775808", "99999999999999999999999", `"1"`, "null", "true", "[]", "{}", "x", "1x", "1 2",
	} {
		c := NewCursor([]byte(text))
		c.Uint()
		require.False(t, c.Done(), text)
	}
}

func TestACursorExpectsWhatItIsTold(t *testing.T) {
	for _, text := range []string{"", "1", "null", `"a"`, "[]", "{", `{"a"`, `{"a":`, `{"a":1`, `{"a":1,`, `{"a":1,}`, `{a:1}`, `{"a":1}}`, `{"a":[}`} {
		c := NewCursor([]byte(text))
		for range c.Fields() {
			c.Value()
		}
		require.False(t, c.Done(), text)
	}
	for _, text := range []string{"", "1", "{}", "[", "[1", "[1,", "[1,]", "[1 2]", "[]]", "[x]"} {
		c := NewCursor([]byte(text))
		for range c.Elements() {
			c.Value()
		}
		require.False(t, c.Done(), text)
	}
	for _, text := range []string{"", "1", "{}", `"a`, `"\x"`, "\"\n\"", `"a"b`} {
		c := NewCursor([]byte(text))
		c.Text()
		require.False(t, c.Done(), text)
	}
}

func TestACursorGoesAsDeepAsAllElse(t *testing.T) {
	for depth, fits := range map[int]bool{MaxDepth: true, MaxDepth + 1: false} {
		text := []byte(strings.Repeat("[", depth) + strings.Repeat("]", depth))
		c := NewCursor(text)
		require.Equal(t, fits, skipValue(text, 0, MaxDepth) >= 0)
		c.Value()
		require.Equal(t, fits, c.Done(), depth)

		c = NewCursor(text)
		walk(&c, text)
		require.Equal(t, fits, c.Done(), depth)
	}
}

func TestACursorAllocatesNothing(t *testing.T) {
	text := []byte(`{"a":[[1,2],[3,4]],"t":"gossip","n":17,"p":true}`)
	require.Zero(t, testing.AllocsPerRun(100, func() {
		c := NewCursor(text)
		sum := uint64(0)
		for key := range c.Fields() {
			switch string(key) {
			case "a":
				for range c.Elements() {
					for range c.Elements() {
						sum += c.Uint()
					}
				}
			case "n":
				sum += c.Uint()
			case "p":
				c.IsTrue()
			case "t":
				c.Text()
			}
		}
		if !c.Done() || sum != 27 {
			panic("read wrongly")
		}
	}))
}

// A cursor takes what json.Valid does, and finds in it what EachField and
// EachElement do.
func FuzzCursor(f *testing.F) {
	for _, seed := range []string{`{"a":[1,2,{"b":"\u00e9"}],"a":null}`, `[]`, ` [ 1 , "x" ] `, `{"":{}}`, `18446744073709551616`, "\"\xff\"", `[1e5,-0.1]`, `{"a":01}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		c := NewCursor(text)
		c.Value()
		require.Equal(t, json.Valid(text), c.Done())
		if !c.Done() {
			return
		}
		c = NewCursor(text)
		walk(&c, text)
		require.True(t, c.Done())

		var fields, again [][2]string
		isObject := EachField(text, func(key []byte, value json.RawMessage) bool {
			fields = append(fields, [2]string{string(key), string(value)})
			return true
		})
		c = NewCursor(text)
		for key := range c.Fields() {
			name := string(key)
			again = append(again, [2]string{name, string(c.Value())})
		}
		require.Equal(t, isObject, c.Done())
		require.Equal(t, fields, again)

		c = NewCursor(text)
		n := c.Uint()
		trimmed := strings.Trim(string(text), " \t\r\n")
		want, err := strconv.ParseInt(trimmed, 10, 64)
		whole := err == nil && want >= 0 && !strings.HasPrefix(trimmed, "+")
		require.Equal(t, whole, c.Done())
		if whole {
			require.Equal(t, uint64(want), n)
		}
	})
}
