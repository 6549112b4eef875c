package run

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// CommaList is words separated by commas. In JSON it is an array.
type CommaList string

// CommaListOf makes a list; the words have no commas.
func CommaListOf[T ~string](words ...T) CommaList {
	texts := make([]string, len(words))
	for i, word := range words {
		texts[i] = string(word)
	}
	return CommaList(strings.Join(texts, ","))
}

// Split returns the words, without blanks around them.
func (l CommaList) Split() []string {
	if l == "" {
		return nil
	}
	words := strings.Split(string(l), ",")
	for i := range words {
		words[i] = strings.TrimSpace(words[i])
	}
	return words
}

// MarshalJSON spells the list as an array.
func (l CommaList) MarshalJSON() ([]byte, error) { return json.Marshal(strings.Split(string(l), ",")) }

// UnmarshalJSON reads an array.
func (l *CommaList) UnmarshalJSON(data []byte) error {
	var words []string
	err := json.Unmarshal(data, &words)
	*l = CommaListOf(words...)
	return err
}

// Words are words of a command as a POSIX shell reads them. In JSON they are an
// array.
type Words string

// WordsOf quotes words where they must be.
func WordsOf(words ...string) Words {
	quoted := make([]string, len(words))
	for i, word := range words {
		quoted[i] = ShellQuote(word)
	}
	return Words(strings.Join(quoted, " "))
}

// Split returns the words without their quotes. A quote that is open at the end
// ends there.
func (w Words) Split() (words []string) {
	var word strings.Builder
	in, quoted := false, false
	for i := 0; i < len(w); i++ {
		switch c := w[i]; {
		case c == '\'':
			in, quoted = true, !quoted
		case c == ' ' && !quoted:
			if in {
				words = append(words, word.String())
				word.Reset()
			}
			in = false
		case c == '\\' && !quoted && i+1 < len(w):
			i++
			word.WriteByte(w[i])
			in = true
		default:
			word.WriteByte(c)
			in = true
		}
	}
	if in {
		words = append(words, word.String())
	}
	return words
}

// MarshalJSON spells the words as an array.
func (w Words) MarshalJSON() ([]byte, error) { return json.Marshal(w.Split()) }

// UnmarshalJSON reads an array.
func (w *Words) UnmarshalJSON(data []byte) error {
	var words []string
	err := json.Unmarshal(data, &words)
	*w = WordsOf(words...)
	return err
}

// Clients is a number of clients: "10", or "2n" for so many per node. In JSON a
// number is one.
type Clients string

// MarshalJSON spells a number as one, and none as 0.
func (c Clients) MarshalJSON() ([]byte, error) {
	if n, err := strconv.Atoi(string(c)); err == nil || c == "" {
		return strconv.AppendInt(nil, int64(n), 10), nil
	}
	return json.Marshal(string(c))
}

// UnmarshalJSON reads a number, or a text.
func (c *Clients) UnmarshalJSON(data []byte) error {
	var n int
	if json.Unmarshal(data, &n) == nil {
		*c = ""
		if n != 0 {
			*c = Clients(strconv.Itoa(n))
		}
		return nil
	}
	var text string
	if err := json.Unmarshal(data, &text); err != nil {
		return fmt.Errorf("run: %s is no number of clients", data)
	}
	*c = Clients(text)
	return nil
}

// ShellQuote spells a word so that a POSIX shell reads it as it is.
func ShellQuote(word string) string {
	if word != "" && strings.IndexFunc(word, func(r rune) bool {
		return !strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_=./:,@%+", r)
	}) < 0 {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
