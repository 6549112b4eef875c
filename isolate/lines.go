package isolate

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"log/slog"
)

// maxLogLine is up to where a line of a child's is logged as a whole.
const maxLogLine = 64 << 10

// logLines logs what a child writes to stderr, line by line, to its end.
func logLines(from io.Reader, log *slog.Logger) {
	r := bufio.NewReaderSize(from, maxLogLine)
	cut := false
	for {
		line, err := r.ReadSlice('\n')
		full := errors.Is(err, bufio.ErrBufferFull)
		if text := bytes.TrimRight(line, "\r\n"); len(text) > 0 && !cut {
			log.Warn("a child process says: " + string(bytes.ToValidUTF8(text, []byte("?"))))
		}
		cut = full
		if err != nil && !full {
			return
		}
	}
}
