package process

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// FindProgram makes the path of a node's program absolute, as nodes run elsewhere.
// What cannot be run is an error that says what it is and what to write instead,
// for everything that people are known to hand in.
func FindProgram(path string) (string, error) {
	if path == "" {
		return "", errors.New("no program given: name the node's binary")
	}
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", fmt.Errorf("the node's program %s cannot be run: %w", path, err)
	}
	info, err := os.Stat(abs)
	fail := func(format string, args ...any) (string, error) {
		return "", fmt.Errorf("the node's program %s cannot be run: "+format, append([]any{path}, args...)...)
	}
	switch {
	case err != nil:
		if advice := insteadOf(path); advice != "" {
			return fail("%w; %s", err, advice)
		}
		return fail("%w", err)
	case info.IsDir():
		if inner := filepath.Join(abs, filepath.Base(abs)); isProgram(inner) {
			return fail("it is a directory; the program in it is %s", filepath.Join(path, filepath.Base(abs)))
		}
		return fail("it is a directory; name the program in it")
	case !info.Mode().IsRegular():
		return fail("it is no regular file")
	case info.Mode()&0o111 == 0:
		return "", fmt.Errorf("the node's program %s may not be executed; try chmod +x%s", path, orItsInterpreter(path))
	}
	if why := whatKeepsFromRunning(abs); why != "" {
		return fail("%s", why)
	}
	return abs, nil
}

func isProgram(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0
}

// insteadOf says what to write instead of a path that leads nowhere.
func insteadOf(path string) string {
	name, rest, hasArgs := strings.Cut(strings.TrimSpace(path), " ")
	switch found, err := exec.LookPath(name); {
	case strings.HasPrefix(path, "~"):
		home, err := os.UserHomeDir()
		if err != nil {
			home = "$HOME"
		}
		return fmt.Sprintf("the shell puts in your home for a ~ only where it stands alone in front and is not quoted; write --bin %s", home+strings.TrimPrefix(path, "~"))
	case hasArgs && err == nil:
		if abs, err := filepath.Abs(found); err == nil {
			found = abs
		}
		return fmt.Sprintf("arguments follow a --: write --bin %s ... -- %s", found, strings.TrimSpace(rest))
	case err == nil && !strings.ContainsRune(name, filepath.Separator):
		return fmt.Sprintf("programs are not looked for in $PATH; write --bin %s", found)
	case hasArgs:
		return "the program and its arguments are given apart: --bin PROGRAM ... -- ARGUMENTS"
	}
	return ""
}

// interpreters are what runs a source file, by the ending of its name.
var interpreters = map[string]string{
	".py": "python3", ".js": "node", ".mjs": "node", ".rb": "ruby", ".pl": "perl", ".lua": "lua", ".jar": "java -jar", ".sh": "sh", ".ts": "npx ts-node", ".php": "php",
}

// orItsInterpreter says how else a source file can be run.
func orItsInterpreter(path string) string {
	name, args, _ := strings.Cut(interpreters[filepath.Ext(path)], " ")
	if name == "" {
		return ""
	}
	if found, err := exec.LookPath(name); err == nil {
		name = found
	}
	abs, err := filepath.Abs(path)
	if err != nil {
		abs = path
	}
	return fmt.Sprintf(", or write --bin %s ... -- %s", name, strings.TrimSpace(args+" "+abs))
}

// headBytes of a program tell what it is.
const headBytes = 512

// whatKeepsFromRunning looks at what a file that may be executed begins with, and
// says why the system will not; empty if it will, or if only trying tells.
func whatKeepsFromRunning(path string) string {
	file, err := os.Open(path)
	if err != nil {
		return "" // it may be executed and not read
	}
	defer file.Close()
	head := make([]byte, headBytes)
	n, err := io.ReadFull(file, head)
	if head = head[:n]; err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		return "it is empty"
	}
	line, isScript := bytes.CutPrefix(head, []byte("#!"))
	switch {
	case isScript:
		return missingInterpreter(line)
	case bytes.HasPrefix(head, []byte("\xef\xbb\xbf#!")):
		return "a byte order mark stands before its #!: save it without one"
	case runtime.GOOS == "linux" && (bytes.HasPrefix(head, []byte("\xcf\xfa\xed\xfe")) || bytes.HasPrefix(head, []byte("\xca\xfe\xba\xbe"))):
		return "it was built for macOS: build it for this machine"
	case runtime.GOOS == "darwin" && bytes.HasPrefix(head, []byte("\x7fELF")):
		return "it was built for Linux: build it for this machine"
	case bytes.HasPrefix(head, []byte("MZ")):
		return "it was built for Windows: build it for this machine"
	case !bytes.ContainsRune(head, 0) && !bytes.HasPrefix(head, []byte("\x7fELF")):
		interpreter := interpreters[filepath.Ext(path)]
		if interpreter == "" {
			interpreter = "python3"
		}
		return fmt.Sprintf("it has no #! line: let it begin with one, such as #!/usr/bin/env %s%s", interpreter, orItsInterpreter(path))
	}
	return ""
}

// missingInterpreter says why what a #! line names cannot run a script; the text
// is what follows the #!.
func missingInterpreter(text []byte) string {
	line, err := bufio.NewReader(bytes.NewReader(text)).ReadString('\n')
	if err != nil && len(text) >= headBytes-2 {
		return "" // a line that is longer than what was read
	}
	if strings.HasSuffix(strings.TrimSuffix(line, "\n"), "\r") {
		return `its #! line ends in a carriage return, as lines do on Windows: the interpreter "` + strings.TrimSpace(line) + `\r" does not exist; save it with Unix line ends`
	}
	words := strings.Fields(line)
	if len(words) == 0 {
		return "its #! line names no interpreter"
	}
	if _, err := os.Stat(words[0]); err != nil {
		return fmt.Sprintf("its #! line names the interpreter %s, which does not exist", words[0])
	}
	if filepath.Base(words[0]) != "env" {
		return ""
	}
	for _, word := range words[1:] {
		if strings.HasPrefix(word, "-") || strings.Contains(word, "=") {
			continue
		}
		if _, err := exec.LookPath(word); err != nil {
			return fmt.Sprintf("its #! line asks for the interpreter %s, which is nowhere in $PATH", word)
		}
		return ""
	}
	return ""
}
