package page

import (
	"math"
	"regexp"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
)

// theme is the colours of one of the themes of the page's styles.
func theme(t *testing.T, start string) map[string]string {
	t.Helper()
	block := regexp.MustCompile(`(?s)` + start + ` \{(.*?)\n?\}`).FindStringSubmatch(style)
	require.NotNil(t, block, start)
	out := map[string]string{}
	for _, m := range regexp.MustCompile(`--([a-z0-9-]+): (#[0-9a-f]+);`).FindAllStringSubmatch(block[1], -1) {
		out[m[1]] = m[2]
	}
	return out
}

// luminance is that of WCAG 2, of a colour in hexadecimal.
func luminance(t *testing.T, colour string) float64 {
	t.Helper()
	digits := colour[1:]
	if len(digits) == 3 {
		digits = string([]byte{digits[0], digits[0], digits[1], digits[1], digits[2], digits[2]})
	}
	sum := 0.0
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		n, err := strconv.ParseUint(digits[2*i:2*i+2], 16, 8)
		require.NoError(t, err)
		v := float64(n) / 255
		if v <= 0.03928 {
			v /= 12.92
		} else {
			v = math.Pow((v+0.055)/1.055, 2.4)
		}
		sum += weight * v
	}
	return sum
}

func TestColoursCanBeToldFromTheirGround(t *testing.T) {
	for name, start := range map[string]string{
		"light": `:root`, "dark by preference": `:root:not\(\[data-theme="light"\]\)`, "dark by choice": `:root\[data-theme="dark"\]`,
	} {
		c := theme(t, start)
		contrast := func(a, b string) float64 {
			require.Contains(t, c, a, name)
			require.Contains(t, c, b, name)
			x, y := luminance(t, c[a]), luminance(t, c[b])
			return (max(x, y) + 0.05) / (min(x, y) + 0.05)
		}
		for _, text := range []string{"ink", "soft", "accent", "good", "bad", "unsure"} {
			for _, ground := range []string{"bg", "card"} {
				require.GreaterOrEqual(t, contrast(text, ground), 4.5, "%s: text %s on %s", name, text, ground)
			}
		}
		for _, tone := range []string{"good", "bad", "unsure"} {
			require.GreaterOrEqual(t, contrast(tone, tone+"-bg"), 4.5, "%s: %s", name, tone)
		}
		// What is drawn, by the edge where it has one.
		for _, mark := range []string{"ok-edge", "info-edge", "fail-edge", "data", "ack", "resend", "other", "lost", "spread", "each", "all", "knows", "sent", "received", "partition", "kill", "pause", "fault"} {
			require.GreaterOrEqual(t, contrast(mark, "card"), 2.5, "%s: %s", name, mark)
		}
	}
}

func TestJepsensColoursAreKept(t *testing.T) {
	for name, colour := range map[string]string{"ok": "#81bffc", "info": "#ffa400", "fail": "#ff1e90"} {
		require.Equal(t, colour, theme(t, `:root`)[name])
	}
}
