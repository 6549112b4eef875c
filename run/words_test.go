package run

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestQuotedArgumentsAreWhatAShellReads(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		args := rapid.SliceOfN(rapid.StringMatching(`[ -~äß\n\t]{0,12}`), 1, 8).Draw(t, "args")
		text := `printf '%s\0'`
		for _, a := range args {
			text += " " + ShellQuote(a)
		}
		out, err := exec.Command("/bin/sh", "-c", text).Output()
		require.NoError(t, err)
		require.Equal(t, strings.Join(args, "\x00")+"\x00", string(out))
	})
}

func TestPlainArgumentsStayPlain(t *testing.T) {
	for _, a := range []string{"test", "--rate=5", "./treecast", "a_b-c:d,e@f%g+h"} {
		require.Equal(t, a, ShellQuote(a))
	}
	require.Equal(t, "''", ShellQuote(""))
	require.Equal(t, `'$HOME'`, ShellQuote("$HOME"))
	require.Equal(t, `'it'\''s'`, ShellQuote("it's"))
}
