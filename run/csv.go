package run

import "strings"

// appendCSV appends a text as a cell of CSV, quoted where it must be. The end of
// a line within it is read as a newline, whatever it was.
func appendCSV(dst []byte, text string) []byte {
	if !strings.ContainsAny(text, "\",\r\n") && !strings.HasPrefix(text, " ") {
		return append(dst, text...)
	}
	dst = append(dst, '"')
	dst = append(dst, strings.ReplaceAll(text, `"`, `""`)...)
	return append(dst, '"')
}
