package experiment

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestWhereNodesMayHaveHadTheirJournals(t *testing.T) {
	require.Equal(t, []string{""}, journalDirs(nil, ""))
	require.Equal(t, []string{""}, journalDirs([]string{"--journal", "off", "--journal"}, "off"))
	require.Equal(t, []string{"", "v", "a", "b"}, journalDirs([]string{"--sync-period", "1s", "--journal", "a", "--journal=b"}, "v"))
}
