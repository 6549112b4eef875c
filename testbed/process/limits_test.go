package process

import (
	"fmt"
	"os"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestLimits_areNamedBeforeTheyAreMet(t *testing.T) {
	require.NoError(t, CheckLimits(5))
	var limit syscall.Rlimit
	require.NoError(t, syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit))
	many := int(limit.Cur/filesPerNode) + 1
	err := CheckLimits(many)
	require.ErrorContains(t, err, fmt.Sprintf("the limit here is %d (ulimit -n): raise it with ulimit -n ", limit.Cur))
	require.ErrorContains(t, err, fmt.Sprintf("%d nodes need some", many))
	cfg := settings(t, "echo", "echo", 1)
	cfg.Session.Nodes = make([]string, many)
	for i := range cfg.Session.Nodes {
		cfg.Session.Nodes[i] = fmt.Sprint("n", i)
	}
	_, err = Run(t.Context(), cfg, Observers{})
	require.ErrorContains(t, err, "ulimit -n")
}

func TestLimits_areNamedWhenTheyAreMet(t *testing.T) {
	for err, want := range map[error]string{
		syscall.EMFILE: "ulimit -n", syscall.ENFILE: "the whole system", syscall.EAGAIN: "ulimit -u", syscall.ENOMEM: "too little memory", syscall.E2BIG: "too long", os.ErrClosed: "file already closed",
	} {
		got := explainStart(err)
		require.ErrorIs(t, got, err)
		require.ErrorContains(t, got, want)
	}
}
