package run

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// History is the operations of a run in the order they were recorded, the one
// at position i having Index i. Whoever reads a history must not change it.
type History []Op

// Pairs gives for every operation the position of its other end: for a
// completion its invocation, for an invocation its completion, and -1 where
// there is none. A nemesis writes both ends as Info, so its operations have
// none. It costs one pass.
func (h History) Pairs() []int32 {
	pairs := make([]int32, len(h))
	open := make(map[int]int32) // process -> position of its open invocation
	for i := range h {
		pairs[i] = -1
		process := h[i].Process
		if process == NemesisProcess {
			continue
		}
		if h[i].Type == Invoke {
			open[process] = int32(i)
			continue
		}
		if invocation, ok := open[process]; ok {
			pairs[i], pairs[invocation] = invocation, int32(i)
			delete(open, process)
		}
	}
	return pairs
}

// Invocations counts the operations clients began, Maelstrom's divisor of
// msgs-per-op: final reads included, the nemesis not.
func (h History) Invocations() int {
	count := 0
	for i := range h {
		if h[i].Type == Invoke && h[i].Process != NemesisProcess {
			count++
		}
	}
	return count
}

// WriteEDN writes history.edn: one operation per line, as Jepsen prints its
// records. It fails with the error of w, or if a Value is not JSON.
func (h History) WriteEDN(w io.Writer) error {
	return h.writeLines(w, AppendOpEDN)
}

// WriteText writes history.txt: one operation per line, its process, type,
// function, value and error separated by tabs (jepsen.util/prn-op).
func (h History) WriteText(w io.Writer) error {
	return h.writeLines(w, appendOpText)
}

func (h History) writeLines(w io.Writer, appendOp func([]byte, Op) ([]byte, error)) error {
	out := bufio.NewWriterSize(w, 64<<10)
	var line []byte
	for i := range h {
		var err error
		if line, err = appendOp(line[:0], h[i]); err != nil {
			return err
		}
		if _, err = out.Write(append(line, '\n')); err != nil {
			return fmt.Errorf("run: write history: %w", err)
		}
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("run: write history: %w", err)
	}
	return nil
}

// WriteJSON writes history.jsonl: one operation per line, as results.json spells
// operations.
func (h History) WriteJSON(w io.Writer) error {
	return h.writeLines(w, func(dst []byte, op Op) ([]byte, error) {
		text, err := json.Marshal(op.shape())
		if err != nil {
			return nil, fmt.Errorf("run: operation %d: %w", op.Index, err)
		}
		return append(dst, text...), nil
	})
}

// ReadHistoryEDN reads a history.edn, Maelstrom's or ours: one operation per
// line, of any length. Keys it does not know are ignored. An error names the
// line it stands in.
func ReadHistoryEDN(r io.Reader) (History, error) {
	var h History
	err := ScanHistoryEDN(r, func(op Op) error {
		h = append(h, op)
		return nil
	})
	if err != nil {
		return nil, err
	}
	return h, nil
}

// ScanHistoryEDN reads a history.edn as ReadHistoryEDN does, and hands on one
// operation at a time. It ends with the first error of take.
func ScanHistoryEDN(r io.Reader, take func(Op) error) error {
	return scanHistory(r, parseOpEDN, take)
}

// scanHistoryJSON is the same for a history.jsonl.
func scanHistoryJSON(r io.Reader, take func(Op) error) error {
	return scanHistory(r, func(line []byte) (op Op, err error) { err = op.UnmarshalJSON(line); return op, err }, take)
}

func scanHistory(r io.Reader, parse func(line []byte) (Op, error), take func(Op) error) error {
	in := bufio.NewReaderSize(withoutBOM(r), 64<<10)
	for number := 1; ; number++ {
		line, err := in.ReadBytes('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return fmt.Errorf("run: read history: %w", err)
		}
		if trimmed := bytes.TrimSpace(line); len(trimmed) > 0 {
			op, parseErr := parse(trimmed)
			if parseErr != nil {
				return fmt.Errorf("run: history line %d: %w", number, parseErr)
			}
			if err := take(op); err != nil {
				return err
			}
		}
		if err != nil {
			return nil
		}
	}
}
