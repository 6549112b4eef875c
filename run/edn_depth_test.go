package run

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestDeepEDNIsRefusedBeforeItExhaustsTheStack(t *testing.T) {
	const many = 1_000_000
	for _, opening := range []string{"[", "(", "{:a ", "#{", "#a ", "#_ ", "#_", "#a[", "#_[#a ", "[1 {\"]\" ", `[\] `, "[;]\n"} {
		_, err := ReadResultsEDN(strings.NewReader("{:valid? true, :net {}, :x " + strings.Repeat(opening, many)))
		require.ErrorIs(t, err, errEDNDepth, opening)
	}
	for _, flat := range []string{"[]", "{:a 1} ", `"[" `, `\[ `, ";[\n", "#a 1 ", "#_ [] ", "#{1} ", "#a{:b #c []} ", "a#b "} {
		require.NoError(t, checkEDNDepth([]byte(strings.Repeat(flat, 2*ednMaxDepth))), flat)
	}
	require.NoError(t, checkEDNDepth([]byte(strings.Repeat("[", ednMaxDepth))))
	require.Error(t, checkEDNDepth([]byte(strings.Repeat("[", ednMaxDepth+1))))
}
