package run

import (
	"bufio"
	"bytes"
	"io"
)

// bom is the byte order mark that some editors and spreadsheets put in front of
// UTF-8. It says nothing.
var bom = []byte("\xef\xbb\xbf")

// withoutBOM reads r from behind a byte order mark, if there is one.
func withoutBOM(r io.Reader) io.Reader {
	in := bufio.NewReaderSize(r, 256<<10)
	if head, _ := in.Peek(len(bom)); bytes.Equal(head, bom) {
		_, _ = in.Discard(len(bom)) // it is there
	}
	return in
}
