package wire

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestCanonicalForm(t *testing.T) {
	hundred := strings.Repeat("1234567890", 10)
	for value, want := range map[string]string{
		"0": "0", "-0": "0", "7": "7", "-7": "-7", " 7\n": "7", "10": "10", "-10": "-10",
		"9007199254740993": "9007199254740993", "9223372036854775808": "9223372036854775808", hundred: hundred, "-" + hundred: "-" + hundred,
		"1.0": "1e0", "1.00": "1e0", "1e0": "1e0", "1E+00": "1e0", "10e-1": "1e0", "0.1e1": "1e0", "100.0": "1e2",
		"-1.5": "-15e-1", "0.0": "0e0", "-0.0": "0e0", "0e99": "0e0", "0.00120": "12e-4", "1e400": "1e400",
		"1.5e-7": "15e-8", "0.1": "1e-1", "0.10000000000000000001": "10000000000000000001e-20", "9007199254740993.0": "9007199254740993e0",
		"1e99999999999999999999": "1e99999999999999999999", "10e99999999999999999999": "1e100000000000000000000",
		"0.01e-99999999999999999999": "1e-100000000000000000001", "1.0e00000000000000000000000001": "1e1",
		`"a\u0062\/\n\u001f"`: `"ab/\n\u001f"`, `"\ud83d\ude00"`: `"😀"`, `"\ud800"`: "\"\ufffd\"", "\"\xff\"": "\"\ufffd\"",
		"null": "null", "true": "true", " false ": "false", "[]": "[]", "{ }": "{}",
		" [ 1 , [ ] , { } ] ":                "[1,[],{}]",
		`{"b":1,"a":{"d":2,"c":[3.0]}}`:      `{"a":{"c":[3e0],"d":2},"b":1}`,
		`{"b":1,"\u0061":2,"a":3}`:           `{"a":3,"b":1}`,
		`{"a":1,"a":2,"a":3}`:                `{"a":3}`,
		`{"é":1,"z":2,"a b":3,"a":4,"\"":5}`: `{"\"":5,"a":4,"a b":3,"z":2,"é":1}`,
	} {
		got, err := Canonical([]byte(value))
		require.NoError(t, err, value)
		require.Equal(t, want, got, value)
		again, err := Canonical([]byte(got))
		require.NoError(t, err, value)
		require.Equal(t, got, again)
	}
}

func TestCanonicalKeepsDifferentValuesApart(t *testing.T) {
	values := []string{"0", "1", "1.0", "-1", "1.1", "10", "1e2", "100", `"1"`, `"1.0"`, "[1]", "[1.0]", `{"1":1}`, "null", `"null"`, "true", "[]", "{}",
		`""`, "9007199254740992", "9007199254740993", "9007199254740993.0", "[[1],2]", "[1,[2]]", "[1,2]", "[12]", `["1,2"]`, `{"a":1,"b":2}`, `{"a":1}`}
	seen := map[string]string{}
	for _, value := range values {
		form, err := Canonical([]byte(value))
		require.NoError(t, err)
		require.NotContains(t, seen, form, value)
		seen[form] = value
	}
}

func TestCanonicalRefusesWhatIsNotOneValue(t *testing.T) {
	for _, value := range []string{"", " ", "-", "01", "-01", "+1", "1.", ".5", "1e", "1e+", "0x1", "1 2", "[1,]", "[", `{"a"}`, `{a:1}`, "nul", "nulls", `"a`, `"\x"`, "\"\n\"", "NaN", "--1"} {
		_, err := Canonical([]byte(value))
		require.ErrorIs(t, err, ErrNotJSON, value)
		require.False(t, json.Valid([]byte(value)), value)
	}
}

func TestCanonicalRefusesWhatIsNestedTooDeeply(t *testing.T) {
	form, err := Canonical([]byte(nested(MaxValueDepth)))
	require.NoError(t, err)
	require.Equal(t, nested(MaxValueDepth), form)
	_, err = Canonical([]byte(nested(MaxValueDepth + 1)))
	require.ErrorIs(t, err, ErrTooDeep)
	require.EqualError(t, err, "not JSON: nested deeper than 512 levels")
}

func TestCanonicalFormsAreEqualWhereEncodingJSONSeesOneValue(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		requireCanonical(t, anyJSON(3).Draw(t, "a"), anyJSON(3).Draw(t, "b"))
	})
}

// requireCanonical holds Canonical of any two texts to encoding/json's view.
func requireCanonical(t require.TestingT, a, b string) {
	forms, models := [2]string{}, [2]string{}
	for i, value := range []string{a, b} {
		form, err := Canonical([]byte(value))
		valid := json.Valid([]byte(value)) && depthOf([]byte(value)) <= MaxValueDepth
		require.Equal(t, valid, err == nil, "%q: %v", value, err)
		if !valid {
			return
		}
		again, err := Canonical([]byte(form))
		require.NoError(t, err, "%q became %q", value, form)
		require.Equal(t, form, again, value)

		model, ok := canonicalModel([]byte(value))
		if !ok {
			return // beyond the model: a huge exponent
		}
		modelOfForm, ok := canonicalModel([]byte(form))
		if !ok {
			return
		}
		require.Equal(t, model, modelOfForm, "%q became %q", value, form)
		forms[i], models[i] = form, model
	}
	require.Equal(t, models[0] == models[1], forms[0] == forms[1], "%q and %q", a, b)
}

func FuzzCanonical(f *testing.F) {
	for _, pair := range [][2]string{
		{"1", "1.0"}, {"0.1e1", "1.00"}, {"-0", "0"}, {`{"a":1,"b":2}`, `{"b":2,"\u0061":1}`}, {`"\ud800"`, "\"\xff\""},
		{`{"a":{"a":0},"a":1}`, `{"a":1}`}, {"1e1000", "1e999"}, {"[1,2]", "[1 ,2]"}, {strings.Repeat("9", 40), "1e-7"},
	} {
		f.Add(pair[0], pair[1])
	}
	f.Fuzz(func(t *testing.T, a, b string) { requireCanonical(t, a, b) })
}
