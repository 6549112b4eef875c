package run

import (
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestReserve_keepsRoomUntilItIsGivenBack(t *testing.T) {
	s, err := CreateStore(t.TempDir(), "broadcast", time.Now())
	require.NoError(t, err)
	giveBack, err := s.Reserve(10_000)
	require.NoError(t, err)
	require.NoFileExists(t, s.Path(roomFile), "a bed that is killed leaves none")
	giveBack()
	giveBack() // may be called again
}

func TestReserve_saysThatTheDiskIsFull(t *testing.T) {
	s, err := CreateStore(t.TempDir(), "broadcast", time.Now())
	require.NoError(t, err)
	require.NoError(t, os.Symlink("/dev/full", s.Path(roomFile)))
	_, err = s.Reserve(10_000)
	require.ErrorIs(t, err, syscall.ENOSPC)
	require.ErrorContains(t, err, "free some space, old runs can be deleted")
}
