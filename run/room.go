package run

import (
	"errors"
	"os"
)

// roomFile holds the room that Reserve keeps.
const roomFile = ".room"

// ReservedBytes is more than results.json and results.edn of a common run take
// together.
const ReservedBytes = 512 << 10

// Reserve keeps room on the disk for what is written at the end of a run, and
// returns how to give it back: what is recorded as a run goes on may fill the disk.
// Where there is less, it keeps what there is; the error says that there is none.
func (s *Store) Reserve(bytes int) (giveBack func(), err error) {
	file, err := os.Create(s.Path(roomFile))
	if err != nil {
		return nil, explainStoreError("keep room for the results", err)
	}
	block := make([]byte, 4<<10)
	kept := 0
	for kept < bytes && err == nil {
		var n int
		n, err = file.Write(block)
		kept += n
	}
	if closeErr := file.Close(); kept == 0 && err != nil {
		os.Remove(file.Name())
		return nil, explainStoreError("keep room for the results", errors.Join(err, closeErr))
	}
	return func() { os.Remove(file.Name()) }, nil
}
