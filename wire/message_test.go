package wire

import (
	"encoding/json"
	"strings"
	"testing"

	maelstrom "github.com/jepsen-io/maelstrom/demo/go"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestParseTakesALineApart(t *testing.T) {
	m, err := Parse([]byte(broadcastLine))
	require.NoError(t, err)
	require.Equal(t, Message{
		Src: "c12", Dest: "n3", Type: "broadcast",
		MsgID: IntID(17), HasMsgID: true, ID: 4711, HasID: true,
		Body: json.RawMessage(`{"type":"broadcast","message":123456,"msg_id":17}`),
	}, m)
	require.True(t, m.Answerable())

	m, err = Parse([]byte(`{"src":"n1","dest":"n0","body":{"in_reply_to":0,"type":"error","code":11,"msg_id":0}}`))
	require.NoError(t, err)
	require.True(t, m.HasInReplyTo && m.HasMsgID, "0 is a legal id")
	require.False(t, m.HasID)
	require.False(t, m.Answerable(), "a reply gets no reply")
}

func TestBodyIsNotOfTheLine(t *testing.T) {
	line := []byte(broadcastLine)
	m, err := Parse(line)
	require.NoError(t, err)
	want := string(m.Body)
	for i := range line {
		line[i] = 'x'
	}
	require.Equal(t, want, string(m.Body))
	require.Equal(t, []string{"c12", "n3", "broadcast"}, []string{m.Src, m.Dest, m.Type})
}

func TestParseReadsAnySpelling(t *testing.T) {
	for name, line := range map[string]string{
		"spaces":                  " { \"src\" :\t\"c1\" , \"dest\":\"n0\",\"body\": {\"type\" : \"read\", \"msg_id\" : 5 } } \r",
		"order":                   `{"body":{"msg_id":5,"type":"read"},"dest":"n0","src":"c1"}`,
		"escaped key":             `{"\u0073rc":"c1","dest":"n0","b\u006fdy":{"\u0074ype":"read","msg\u005fid":5}}`,
		"escaped value":           `{"src":"\u00631","dest":"n\u0030","body":{"type":"r\u0065ad","msg_id":5}}`,
		"last key counts":         `{"src":7,"src":"c1","dest":"n0","body":{"msg_id":"x","type":1,"type":"read","msg_id":5}}`,
		"last body counts":        `{"src":"c1","dest":"n0","body":{"type":"echo","in_reply_to":1},"body":{"type":"read","msg_id":5}}`,
		"no body then one":        `{"src":"c1","dest":"n0","body":[],"body":{"type":"read","msg_id":5}}`,
		"other keys":              `{"src":"c1","x":{"src":"no","body":{"type":"no"}},"dest":"n0","body":{"type":"read","msg_id":5,"body":{"type":"no"},"src":"no"}}`,
		"other case":              `{"src":"c1","SRC":"no","dest":"n0","body":{"type":"read","Type":"no","msg_id":5,"MSG_ID":6}}`,
		"null id":                 `{"id":null,"src":"c1","dest":"n0","body":{"type":"read","msg_id":5,"in_reply_to":null}}`,
		"id that is no number":    `{"id":"7","src":"c1","dest":"n0","body":{"type":"read","msg_id":5}}`,
		"escaped key, last to be": `{"src":"c1","dest":"n0","body":{"type":"no","t\u0079pe":"read","msg_id":5}}`,
	} {
		t.Run(name, func(t *testing.T) {
			m, err := Parse([]byte(line))
			require.NoError(t, err)
			require.True(t, json.Valid(m.Body))
			m.Body = nil
			require.Equal(t, Message{Src: "c1", Dest: "n0", Type: "read", MsgID: IntID(5), HasMsgID: true}, m)
			requireSameAsModel(t, []byte(line))
		})
	}
}

func TestParseNamesWhatIsWrongAndWhomToAnswer(t *testing.T) {
	for _, test := range []struct {
		line       string
		kind       error
		message    string
		answerable bool
	}{
		{``, ErrNotJSON, "not JSON: ends too early, after 0 bytes", false},
		{`hello`, ErrNotJSON, `not JSON: unexpected 'h' at byte 0`, false},
		{`{"src":"c1"`, ErrNotJSON, "not JSON: ends too early, after 11 bytes", false},
		{`{"src":"c1","dest":"n0","body":{"type":"read","msg_id":5,"x":nope}}`, ErrNotJSON, `not JSON: unexpected 'o' at byte 62`, true},
		{`{"src":"c1","dest":"n0","body":{"type":"read","msg_id":5}}}`, ErrNotJSON, `not JSON: unexpected '}' at byte 58`, true},
		{`{"src":"c1","dest":"n0","body":{"type":"read","msg_id":5`, ErrNotJSON, "not JSON: ends too early, after 56 bytes", false},
		{`{"body":{"type":"read","msg_id":5},"src":"c1",}`, ErrNotJSON, `not JSON: unexpected '}' at byte 46`, true},
		{`[1]`, ErrShape, "message is not an object", false},
		{`null`, ErrShape, "message is not an object", false},
		{`{}`, ErrShape, "src is missing", false},
		{`{"src":1,"dest":"n0","body":{"type":"read","msg_id":5}}`, ErrShape, "src is not a string", false},
		{`{"src":"c1","dest":null,"body":{"type":"read","msg_id":5}}`, ErrShape, "dest is not a string", true},
		{`{"src":"c1","dest":"n0"}`, ErrShape, "body is missing", false},
		{`{"src":"c1","dest":"n0","body":"{}"}`, ErrShape, "body is not an object", false},
		{`{"src":"c1","dest":"n0","body":{"msg_id":5}}`, ErrShape, "body.type is missing", true},
		{`{"src":"c1","dest":"n0","body":{"type":{},"msg_id":5}}`, ErrShape, "body.type is not a string", true},
		{`{"src":"c1","dest":"n0","body":{"type":"read","msg_id":"5"}}`, ErrShape, "body.msg_id is not an integer", false},
		{`{"src":"c1","dest":"n0","body":{"type":"read","msg_id":5.0}}`, ErrShape, "body.msg_id is not an integer", false},
		{`{"src":"c1","dest":"n0","body":{"type":"read","msg_id":5,"in_reply_to":true}}`, ErrShape, "body.in_reply_to is not an integer", true},
	} {
		m, err := Parse([]byte(test.line))
		require.ErrorIs(t, err, test.kind, test.line)
		require.EqualError(t, err, test.message, test.line)
		require.Equal(t, test.answerable, m.Answerable(), test.line)
		if test.answerable {
			require.Equal(t, "c1", m.Src)
			require.Equal(t, IntID(5), m.MsgID)
		}
		requireSameAsModel(t, []byte(test.line))
	}
}

func TestParse_takesIDsOfAnySize(t *testing.T) {
	m, err := Parse([]byte(`{"src":"c1","dest":"n0","body":{"type":"read","msg_id":9223372036854775808}}`))
	require.NoError(t, err)
	require.True(t, m.Answerable())
	require.Equal(t, `{"type":"read_ok","in_reply_to":9223372036854775808`, string(AppendReplyOpen(nil, "read_ok", m.MsgID)))
}

func TestInvalidUTF8ReadsAsReplacementCharacters(t *testing.T) {
	m, err := Parse([]byte("{\"src\":\"c\xff\xfe\",\"dest\":\"n0\",\"body\":{\"type\":\"echo\",\"echo\":\"a\xc3\"}}"))
	require.NoError(t, err)
	require.Equal(t, "c\ufffd\ufffd", m.Src)
	require.Equal(t, "{\"type\":\"echo\",\"echo\":\"a\ufffd\"}", string(m.Body))
}

func TestDepthLimitIsThatOfEncodingJSON(t *testing.T) {
	for _, depth := range []int{MaxDepth, MaxDepth + 1} {
		for name, line := range map[string]string{
			"in the body": `{"src":"c1","dest":"n0","body":{"type":"read","x":` + nested(depth-2) + `}}`,
			"beside it":   `{"x":` + nested(depth-1) + `,"src":"c1","dest":"n0","body":{"type":"read"}}`,
			"no object":   nested(depth),
		} {
			requireSameAsModel(t, []byte(line))
			_, err := Parse([]byte(line))
			if depth > MaxDepth {
				require.ErrorIs(t, err, ErrTooDeep, name)
				require.EqualError(t, err, "not JSON: nested deeper than 10000 levels")
			} else {
				require.NotErrorIs(t, err, ErrTooDeep, name)
			}
		}
	}
}

func nested(depth int) string { return strings.Repeat("[", depth) + strings.Repeat("]", depth) }

func TestParseAgreesWithTheLibraryOnItsMessages(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		body, err := json.Marshal(map[string]any{
			"type":        rapid.SampledFrom([]string{"broadcast", "read", "", "x\n\"é"}).Draw(t, "type"),
			"msg_id":      rapid.Int().Draw(t, "msg_id"),
			"in_reply_to": rapid.Int().Draw(t, "in_reply_to"),
			"message":     json.RawMessage(anyJSON(2).Draw(t, "message")),
		})
		require.NoError(t, err)
		line, err := json.Marshal(maelstrom.Message{
			Src:  rapid.StringN(1, 8, -1).Draw(t, "src"),
			Dest: rapid.StringN(1, 8, -1).Draw(t, "dest"),
			Body: body,
		})
		require.NoError(t, err)

		var library maelstrom.Message
		var libraryBody maelstrom.MessageBody
		require.NoError(t, json.Unmarshal(line, &library))
		require.NoError(t, json.Unmarshal(library.Body, &libraryBody))
		m, err := Parse(line)
		require.NoError(t, err)
		require.Equal(t, Message{
			Src: library.Src, Dest: library.Dest, Type: library.Type(),
			MsgID: IntID(int64(libraryBody.MsgID)), HasMsgID: true,
			InReplyTo: IntID(int64(libraryBody.InReplyTo)), HasInReplyTo: true,
			Body: m.Body,
		}, m)
		require.Equal(t, string([]rune(string(library.Body))), string(m.Body))
	})
}

// Lines that are nearly messages: fields missing, of wrong types, twice.
func TestParseAgreesWithEncodingJSON(t *testing.T) {
	value := rapid.OneOf(anyJSON(1), rapid.SampledFrom([]string{`"c1"`, `"c1"`, `5`, `5`, `x`, ``}))
	key := rapid.SampledFrom([]string{`"src"`, `"dest"`, `"id"`, `"type"`, `"msg_id"`, `"in_reply_to"`, `"body"`, `"\u0062ody"`})
	fields := func(t *rapid.T, more ...string) string {
		for range rapid.IntRange(0, 5).Draw(t, "fields") {
			more = append(more, key.Draw(t, "key")+":"+value.Draw(t, "value"))
		}
		return "{" + strings.Join(rapid.Permutation(more).Draw(t, "order"), ",") + "}"
	}
	rapid.Check(t, func(t *rapid.T) {
		body := fields(t, `"type":"read"`)
		requireSameAsModel(t, []byte(fields(t, `"src":"c1"`, `"dest":"n0"`, `"body":`+body)))
	})
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		broadcastLine, `{"src":"a","dest":"b","body":{"type":"t","\u0074ype":"u","msg_id":-0}}`, `{"src":"\ud800x","body":{}}`,
		`{"src":"a","dest":"b","body":{"type":"t","in_reply_to":1e0}}`, `[{"a":[1.5e+3,true,null]}]`, "{\"src\":\"\xff\"}", `{"a":-}`, ` 01`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		requireSameAsModel(t, line)
		// A cut line is never taken for more than the whole says.
		whole, _ := Parse(line)
		for cut := range min(len(line), 300) {
			part := parsePrefix(line[:cut])
			if part.Answerable() && json.Valid(line) && !strings.Contains(string(line), `\`) && strings.Count(string(line), `"body"`) == 1 &&
				strings.Count(string(line), `"src"`) == 1 && strings.Count(string(line), `"msg_id"`) == 1 {
				require.Equal(t, whole.Src, part.Src)
				require.Equal(t, whole.MsgID, part.MsgID)
			}
		}
	})
}
