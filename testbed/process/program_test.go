package process

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// program writes a file that may be executed.
func program(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o700))
	require.NoError(t, os.WriteFile(path, []byte(text), 0o700))
	return path
}

func TestFindProgram_saysWhatToWriteInstead(t *testing.T) {
	bin := t.TempDir()
	python := filepath.Join(bin, "snake")
	require.NoError(t, os.WriteFile(python, []byte("#!/bin/sh\n"), 0o700))
	t.Setenv("PATH", bin)
	t.Setenv("HOME", "/home/me")
	dir := filepath.Join(t.TempDir(), "maelstrom-echo")
	require.NoError(t, os.Mkdir(dir, 0o700))
	inner := filepath.Join(dir, "maelstrom-echo")
	source := filepath.Join(t.TempDir(), "x.py")
	require.NoError(t, os.WriteFile(source, []byte("print()\n"), 0o600))

	for _, c := range []struct{ path, want string }{
		{"", "no program given"},
		{"/nowhere/x", "no such file"},
		{"snake x.py --flag", "arguments follow a --: write --bin " + python + " ... -- x.py --flag"},
		{"cobra x.py", "the program and its arguments are given apart: --bin PROGRAM ... -- ARGUMENTS"},
		{"snake", "programs are not looked for in $PATH; write --bin " + python},
		{"~/x", "write --bin /home/me/x"},
		{dir, "it is a directory; name the program in it"},
		{source, "may not be executed; try chmod +x, or write --bin python3 ... -- " + source},
		{"/dev/null", "it is no regular file"},
		{program(t, "x", "#!/usr/bin/pythonn\n"), "names the interpreter /usr/bin/pythonn, which does not exist"},
		{program(t, "x", "#!/usr/bin/env cobra\n"), "asks for the interpreter cobra, which is nowhere in $PATH"},
		{program(t, "x", "#!/usr/bin/env -S A=1 cobra -u\n"), "asks for the interpreter cobra"},
		{program(t, "x", "#!/bin/sh\r\nexit 1\r\n"), `ends in a carriage return, as lines do on Windows: the interpreter "/bin/sh\r" does not exist`},
		{program(t, "x", "#!\n"), "its #! line names no interpreter"},
		{program(t, "x", "\xef\xbb\xbf#!/bin/sh\n"), "a byte order mark stands before its #!"},
		{program(t, "x.py", "import sys\n"), "it has no #! line: let it begin with one, such as #!/usr/bin/env python3, or write --bin python3 ... -- /"},
		{program(t, "x.js", "let x\n"), "such as #!/usr/bin/env node, or write --bin node"},
		{program(t, "x.jar", "PK x"), "or write --bin java ... -- -jar /"},
		{program(t, "x.exe", "MZ\x00\x00"), "it was built for Windows"},
		{program(t, "x", ""), "it is empty"},
	} {
		_, err := FindProgram(c.path)
		require.ErrorContains(t, err, c.want)
	}
	require.NoError(t, os.WriteFile(inner, []byte("#!/bin/sh\n"), 0o700))
	_, err := FindProgram(dir)
	require.ErrorContains(t, err, "the program in it is "+inner)
}

func TestFindProgram_takesWhatRuns(t *testing.T) {
	for _, path := range []string{self(t), program(t, "x", "#!/bin/sh\n"), program(t, "x", "#! /usr/bin/env -i sh\n"), filepath.Join(nodes, "echo")} {
		got, err := FindProgram(path)
		require.NoError(t, err)
		require.Equal(t, path, got)
	}
	t.Chdir(nodes)
	got, err := FindProgram("./echo")
	require.NoError(t, err)
	require.True(t, filepath.IsAbs(got))
}
