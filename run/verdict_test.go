package run

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestMergeTakesTheWorstVerdict(t *testing.T) {
	require.Equal(t, Valid, MergeVerdicts())
	require.Equal(t, Valid, MergeVerdicts(Valid, Valid))
	require.Equal(t, Unknown, MergeVerdicts(Valid, Unknown))
	require.Equal(t, Invalid, MergeVerdicts(Unknown, Invalid, Valid))
	require.Equal(t, Valid, VerdictIf(true))
	require.Equal(t, Invalid, VerdictIf(false))
}

func TestVerdictsAreSpeltAndReadInBothFormats(t *testing.T) {
	for verdict, spelling := range map[Verdict][2]string{
		Valid: {"true", "true"}, Invalid: {"false", "false"}, Unknown: {`"unknown"`, ":unknown"},
	} {
		text, err := json.Marshal(verdict)
		require.NoError(t, err)
		require.Equal(t, spelling[0], string(text))
		back := Verdict(99)
		require.NoError(t, json.Unmarshal(text, &back))
		require.Equal(t, verdict, back)
		back = Verdict(99)
		require.Equal(t, spelling[1], ednOf(t, verdict))
		require.NoError(t, (&ednNode{text: spelling[1]}).read("valid?", &back))
		require.Equal(t, verdict, back)
	}
	var v Verdict
	require.ErrorContains(t, json.Unmarshal([]byte(`"perhaps"`), &v), "no verdict")
}

func TestExitCodesAreJepsens(t *testing.T) {
	require.Equal(t, 0, Valid.ExitCode())
	require.Equal(t, 1, Invalid.ExitCode())
	require.Equal(t, 2, Unknown.ExitCode())
}

func TestOpTypesAreSpeltAndRead(t *testing.T) {
	for _, op := range []OpType{Invoke, OK, Fail, Info} {
		text, err := op.MarshalText()
		require.NoError(t, err)
		var back OpType
		require.NoError(t, back.UnmarshalText(text))
		require.Equal(t, op, back)
	}
	require.Equal(t, "OpType(9)", OpType(9).String())
	require.Error(t, new(OpType).UnmarshalText([]byte("odd")))
}

// ednOf is a figure as EDN spells it.
func ednOf(t *testing.T, value any) string {
	t.Helper()
	n, err := nodeOf(value)
	require.NoError(t, err)
	return string(n.appendEDN(nil))
}
