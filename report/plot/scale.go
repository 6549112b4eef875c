package plot

import (
	"math"
)

// Scale maps values to coordinates.
type Scale struct {
	From, To   float64 // values
	Start, End float64 // coordinates
	Log        bool
}

// At is the coordinate of a value. Of a logarithmic scale those below its first value
// are there.
func (s Scale) At(v float64) float64 {
	from, to := s.From, s.To
	if s.Log {
		v, from, to = math.Log10(math.Max(v, s.From)), math.Log10(from), math.Log10(to)
	}
	if to == from {
		return s.Start
	}
	return s.Start + (v-from)/(to-from)*(s.End-s.Start)
}

// Tick is a value with its label.
type Tick struct {
	Value float64
	Label string
}

// Linear are about count round values from 0 to the largest.
func Linear(largest float64, count int, label func(float64) string) []Tick {
	if !(largest > 0) {
		return []Tick{{0, label(0)}}
	}
	step := math.Pow(10, math.Floor(math.Log10(largest/float64(count))))
	for _, factor := range []float64{1, 2, 5, 10} {
		if largest/(step*factor) <= float64(count) {
			step *= factor
			break
		}
	}
	var out []Tick
	for i := 0; float64(i)*step <= largest*1.0001; i++ {
		out = append(out, Tick{float64(i) * step, label(float64(i) * step)})
	}
	return out
}

// Logarithmic are the powers of ten between two values and, where these are few,
// their doubles and halves, or, where these are few, round values.
func Logarithmic(from, to float64, label func(float64) string) []Tick {
	factors := []float64{1}
	if to/from < 150 {
		factors = []float64{1, 2, 5}
	}
	var out []Tick
	for e := math.Floor(math.Log10(from) + 1e-9); e <= math.Log10(to)+1e-9; e++ {
		for _, factor := range factors {
			if v := factor * math.Pow(10, e); v >= from*0.999 && v <= to*1.001 {
				out = append(out, Tick{v, label(v)})
			}
		}
	}
	if len(out) < 3 { // less than a decade
		return Between(from, to, label)
	}
	return out
}

// Between are four to ten multiples of a round number between two values, which may
// be negative.
func Between(from, to float64, label func(float64) string) []Tick {
	if !(to > from) {
		return []Tick{{from, label(from)}}
	}
	step := math.Pow(10, math.Floor(math.Log10((to-from)/4)))
	for _, factor := range []float64{5, 2} {
		if (to-from)/(step*factor) >= 4 {
			step *= factor
			break
		}
	}
	var out []Tick
	for i := math.Ceil(from/step) + 0; i*step <= to; i++ { // 0 is not -0
		out = append(out, Tick{i * step, label(i * step)})
	}
	return out
}
